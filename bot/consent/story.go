package consent

import (
	"fmt"
	"time"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// story is what the page says. It is plain text, which the page's template escapes.
type story struct {
	Title  string
	Told   []string
	Reason string
	// Choices are the answers that are possible now.
	Choices []choice
	// Hint is what they should know about the page itself.
	Hint string
}

type choice struct {
	Answer Answer
	Label  string
	Main   bool // the one that stands out
}

func noLink() story {
	return story{Title: "This link leads nowhere", Told: []string{
		"Nothing was changed. It may have been cut in an e-mail: copy all of it. If it still leads here it isn't valid any more; ask who sent it to you."}}
}

func notSaved() story {
	return story{Title: "Not answered yet", Told: []string{
		"Your answer can't be kept just now, so nothing was changed, and nobody is let in by it. Please try again in a minute."}}
}

func perhapsSaved() story {
	return story{Title: "Perhaps not answered yet", Told: []string{
		"It isn't known whether your answer was kept. Please open the link once more in a minute: the page says what is so."}}
}

func barred(c approval.Case) story {
	return story{Title: "Nothing was changed", Told: []string{
		fmt.Sprintf("%s can't be let in any more, so your answer wasn't kept. You need do nothing else.", agent(c))}}
}

// stands says how the case stands, to its customer.
func stands(c approval.Case, now time.Time) story {
	switch c.Status {
	case approval.Routing:
		return between(c)
	case approval.Pending:
		if c.ApprovedBy(approval.CustomerID) {
			return agreed(c)
		}
		return question(c)
	case approval.Active:
		if c.Grant != nil && now.Before(c.Grant.Until) {
			return running(c)
		}
	case approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused, approval.Ended:
	}
	return over(c)
}

// between is while the case goes on from one route to the next, and takes no answers.
func between(c approval.Case) story {
	return story{
		Title: "A moment, please", Reason: reason(c),
		Told: []string{fmt.Sprintf("It is being found out who else decides whether %s may sign in as %s. Nobody is let in meanwhile. Please open the link once more in a minute.", agent(c), account(c))},
	}
}

func question(c approval.Case) story {
	s := story{
		Title: fmt.Sprintf("May %s sign in as you?", agent(c)),
		Told: []string{
			fmt.Sprintf("%s, who helps customers of %s, asks to sign in there as %s, for %s. %s", agent(c), app(c).Called(), account(c), length(c.Duration), may(c, "could")),
			"Please answer by " + moment(c.PendingAt.Add(c.Flow.Policy.Timeout)) + "." + unless(c),
		},
		Reason:  reason(c),
		Choices: []choice{{Agree, "Agree", true}, {Refuse, "Refuse", false}},
		Hint:    "Opening this page tells nobody anything. If you agree, you can come back here to end the access at any time.",
	}
	return s
}

// may says what the agent can do, or could if they were let in.
func may(c approval.Case, can string) string {
	switch {
	case c.Flow.App == nil:
		return ""
	case c.Flow.App.Scope == approval.FullAccess:
		return "They " + can + " do there what you can."
	}
	return "They " + can + " look at everything, and change nothing."
}

// unless says what comes of no answer: where others may say yes in the customer's
// place, silence isn't a no.
func unless(c approval.Case) string {
	if c.NeedsConsent() || len(c.Approvers) == 1 && c.Route != nil && len(c.Route.Escalations) == 0 {
		return " Unless you agree, they aren't let in."
	}
	return " If you don't answer, somebody else may let them in."
}

func agreed(c approval.Case) story {
	return story{
		Title:   "You agreed",
		Told:    []string{fmt.Sprintf("%s isn't let in yet: somebody else has to approve it as well.", agent(c))},
		Reason:  reason(c),
		Choices: []choice{{Refuse, "Refuse after all", false}},
	}
}

func running(c approval.Case) story {
	told := fmt.Sprintf("%s may sign in as %s until %s.", agent(c), account(c), moment(c.Grant.Until))
	switch {
	case c.Waits():
		told = fmt.Sprintf("%s may sign in as %s for %s, beginning by %s.", agent(c), account(c), length(c.Grant.Until.Sub(c.Grant.From)), moment(c.Grant.Until))
	case !c.Grant.OpenedAt.IsZero():
		told = fmt.Sprintf("%s is signed in as %s, until %s at the latest.", agent(c), account(c), moment(c.Grant.Until))
	}
	title := "Access is allowed"
	if c.ApprovedBy(approval.CustomerID) {
		title = "You agreed"
	}
	return story{Title: title, Told: []string{told + " " + may(c, "can")}, Reason: reason(c), Choices: []choice{{End, "End it now", false}},
		Hint: "When they come in, and when it ends, is written down."}
}

func over(c approval.Case) story {
	title, told := outcome(c)
	s := story{Title: title, Told: []string{told}, Reason: reason(c)}
	if c.Closed != nil {
		s.Told = append(s.Told, "That was on "+moment(c.Closed.At)+".")
	}
	return s
}

// outcome says how a case went that needs nothing of its customer any more.
func outcome(c approval.Case) (title, told string) {
	kept := agent(c) + " wasn't let in"
	yours := c.Closed != nil && c.Closed.By.ID == approval.CustomerID
	switch c.Status {
	case approval.Ended, approval.Active:
		if yours {
			return "You ended the access", out(c)
		}
		return "The access is over", out(c)
	case approval.Denied:
		if yours {
			return "You refused", kept + ", and has been told so."
		}
		return "The question is over", "Somebody else refused, so " + kept + "."
	case approval.TimedOut:
		if c.ApprovedBy(approval.CustomerID) {
			return "You agreed", "Nobody else approved it in time, so " + kept + "."
		}
		return "The question is over", "Nobody answered in time, so " + kept + "."
	case approval.Routing, approval.Pending, approval.Cancelled, approval.Refused:
	}
	return "The question is over", "It needs no answer any more. " + kept + "."
}

// out says that the agent is out. Without an app nobody hears whether they were in.
func out(c approval.Case) string {
	if c.Flow.App != nil && c.Grant != nil && c.Grant.OpenedAt.IsZero() {
		return fmt.Sprintf("%s never signed in as %s, and can't any more.", agent(c), account(c))
	}
	return fmt.Sprintf("%s isn't signed in as %s any more.", agent(c), account(c))
}

// reason is why the agent asks, unless the flow keeps that from the app.
func reason(c approval.Case) string {
	if hidesReason(c) {
		return ""
	}
	return legible.Text(c.Reason)
}

func hidesReason(c approval.Case) bool { return app(c).HideReason }

// app is what the agent would come into. A grant that is prolonged may be older than
// its flow's app.
func app(c approval.Case) approval.App {
	if c.Flow.App == nil {
		return approval.App{Name: c.Flow.Name}
	}
	return *c.Flow.App
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// length is a time in words. Flows offer whole minutes.
func length(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch {
	case minutes == 1:
		return "1 minute"
	case minutes < 60 || minutes%60 != 0:
		return fmt.Sprintf("%d minutes", minutes)
	case minutes == 60:
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", minutes/60)
}
