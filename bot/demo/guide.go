package demo

import (
	"strings"

	"github.com/understudyhq/understudy/bot/slacksim/page"
)

// guide is what to try with flows of which nothing is known but their names. Of
// the visitor's own accounts nothing is known either.
func guide(names, missing []string, ownAccounts bool) (steps []page.GuideStep) {
	for _, sentence := range missing {
		steps = append(steps, page.GuideStep{Text: sentence})
	}
	if len(names) > 0 {
		steps = append(steps, page.GuideStep{
			Text:   "Ask, by " + strings.Join(names, ", ") + ": pick a customer and say why. What the rules say comes in the form; whoever is asked has a card.",
			Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate",
		})
	}
	if !ownAccounts {
		steps = append(steps,
			page.GuideStep{Text: "A free customer: Hooli is on the free tier.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate hooli"},
			page.GuideStep{Text: "Her own customer: Kim is assigned to Globex.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate globex"},
			page.GuideStep{Text: "Somebody else's: Acme is on the enterprise plan, and assigned to Lee.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_42"},
			page.GuideStep{Text: "Nothing unknown allows: Initech has no plan in the account directory.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate initech"},
			page.GuideStep{Text: "From a message: in #support, open “⋯” beside what Lee wrote, and click Impersonate the customer.", Person: "Kim Berg", With: "Mia Falk", Channel: support},
		)
	}
	return append(steps,
		page.GuideStep{Text: "Silence: ask, answer nothing, and click “10 minutes later” backstage."},
		page.GuideStep{Text: "Sam is a guest, and guests may not ask.", Person: "Sam Rivers", Type: "/impersonate"},
		page.GuideStep{Text: "Other people: plan the flow with " + otherSchedule + ", the schedule of Dana, in the place of " + Schedule + ". The plan says which requests would have gone to her."},
		page.GuideStep{Text: "Other rules: keep what was asked with --store=demo.db, end the demo, change the rules and start it again."},
	)
}
