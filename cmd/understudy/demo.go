package main

import (
	"github.com/understudyhq/understudy/bot/demo"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/bot/slacksim/page"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/examples"
)

// ourDemo shows the product's own flow, which is the only one provisioned at first.
func ourDemo() *demo.Verbs {
	return demo.Of(demo.Play{
		Rules: []flows.Flow{demoRules(), examples.TwoPeople, examples.OfficeHours, examples.BreakGlass, examples.Consent},
		Flows: []provision.Record{{
			Name: flows.Impersonation.Name, Params: map[string]string{"manager_schedule": demo.Schedule}, Durations: []string{"15m", "30m", "1h", "4h"},
			App: demo.Portal(),
		}},
		Guide: demoGuide(),
	})
}

func demoGuide() []page.GuideStep {
	return []page.GuideStep{
		{Text: "Allowed at once: Hooli is on the free tier.", Person: "Kim Berg", Type: "/impersonate hooli"},
		{Text: "Yours to approve: Kim is assigned to Globex.", Person: "Kim Berg", Type: "/impersonate globex"},
		{Text: "From a message: in #support, open “⋯” beside what Lee wrote, and click Impersonate the customer.", Person: "Kim Berg", With: "Mia Falk", Channel: "support"},
		{Text: "Approved, then ended: Acme goes to the managers on call. Approve it as Mia; then Kim clicks End now, or Mia clicks Revoke.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_42"},
		{Text: "Signed in as the customer: once it is approved, Kim clicks Open as Acme. In the portal, sign in as Kim; look around, try to void an invoice, and have Mia click Revoke.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_42"},
		{Text: "The customer must agree: ask for Meadowlark Media, and approve it as Mia. In the portal, under Customers' mail, is the letter with the link by which they agree or refuse, and later end the access.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_120"},
		{Text: "Denied: ask for Café Lumière, deny it as Mia, and say why.", Person: "Kim Berg", With: "Mia Falk", Type: "/impersonate acct_105"},
		{Text: "Escalated: ask, and nobody answers. Click “10 minutes later” backstage: Dana, a director, is asked as well.", Person: "Kim Berg", With: "Dana Reyes", Type: "/impersonate acct_42"},
		{Text: "Too late: tick “Hold cards still” for Ola, ask as Kim, approve it as Mia, then click on Ola's card.", Person: "Kim Berg", With: "Ola Nordmann", Type: "/impersonate acct_105"},
		{Text: "Nothing unknown allows: Initech has no plan in the account directory.", Person: "Kim Berg", Type: "/impersonate initech"},
		{Text: "Sam is a guest, and guests may not ask.", Person: "Sam Rivers", Type: "/impersonate hooli"},
		{Text: "When things fail: ask, and kill the bot backstage, or take PagerDuty down. Nothing that was taken is lost."},
	}
}
