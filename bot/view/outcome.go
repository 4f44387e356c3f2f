package view

import "github.com/understudyhq/understudy/flows/approval"

// OutcomeCard is a new, short message for the requester, once a case that
// waited for other people, or longer than usual, is decided: their first card changes without a sound.
// It is false if there is nothing to say, yet or ever.
func OutcomeCard(c approval.Case) (Message, bool) {
	if !waitedForOthers(c) {
		return Message{}, false
	}
	switch c.Status {
	case approval.Active, approval.Ended, approval.Denied, approval.TimedOut, approval.Refused:
	case approval.Routing, approval.Pending, approval.Cancelled:
		return Message{}, false
	default:
		return Message{}, false
	}
	heading, told := conclusion(c, c.Requester.ID)
	if c.Status == approval.Active {
		told = told[:1] // that the end is near is a message of its own
	}
	m := Message{Text: outcomeNotice(c, heading)}
	m.Blocks = append(m.Blocks, paragraph(label(heading+": "), named(c.Account.Name), text(" · "), coded(c.Account.ID)))
	for _, s := range told {
		m.Blocks = append(m.Blocks, paragraph(s...))
	}
	if clickable := requesterButtons(c); clickable != nil {
		m.Blocks = append(m.Blocks, clickable)
	}
	return m, true
}

func waitedForOthers(c approval.Case) bool {
	decidedByRequester := c.Closed != nil && c.Closed.By.ID == c.Requester.ID && c.Status == approval.Denied
	return !decidedByRequester && c.Waited()
}
