package view

import (
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// The actions of buttons, whose value is the case's id, and of the menu beside
// them, whose options' values are durations.
const (
	ActionAsk         = "ask"
	ActionApprove     = "approve"
	ActionApproveLess = "approve_less"
	ActionDeny        = "deny"
	ActionLookAt      = "look_at"
	ActionLookAway    = "look_away"
	ActionRevoke      = "revoke"
	ActionCancel      = "cancel"
	ActionNudge       = "nudge"
	ActionRelease     = "release"
	ActionExtend      = "extend"
	ActionHistory     = "history"
)

// approverButtons are what this person may do as an approver; nil if nothing.
func approverButtons(c approval.Case, person string) slack.Block {
	if _, ok := c.Approver(person); !ok {
		return nil
	}
	switch {
	case c.Status == approval.Pending && isRequester(c, person):
		return actions(c, approveButton(c), denyButton(c))
	case c.Status == approval.Pending && c.ApprovedBy(person):
		return actions(c, denyButton(c))
	case c.Status == approval.Pending:
		return actions(c, append([]slack.BlockElement{approveButton(c), denyButton(c), lookButton(c, person)}, less(c)...)...)
	case c.Status == approval.Active && !isRequester(c, person):
		return actions(c, revokeButton(c))
	}
	return nil
}

func revokeButton(c approval.Case) slack.BlockElement {
	return button(ActionRevoke, c.ID, "Revoke", slack.StyleDanger)
}

// requesterButtons are what the requester may do; nil if nothing.
func requesterButtons(c approval.Case) slack.Block {
	switch c.Status {
	case approval.Routing:
		return actions(c, button(ActionCancel, c.ID, "Cancel", slack.StyleDefault))
	case approval.Pending:
		if c.SelfApproved() {
			return approverButtons(c, c.Requester.ID)
		}
		cancel := button(ActionCancel, c.ID, "Cancel", slack.StyleDefault)
		if !c.Reminds() {
			return actions(c, cancel)
		}
		return actions(c, button(ActionNudge, c.ID, "Nudge", slack.StyleDefault), cancel)
	case approval.Active:
		buttons := openButton(c)
		if c.Grant.Warned && c.Extendable() {
			style := slack.StylePrimary
			if len(buttons) > 0 {
				style = slack.StyleDefault // one of them stands out
			}
			buttons = append(buttons, button(ActionExtend, c.ID, "Extend", style))
		}
		return actions(c, append(buttons, button(ActionRelease, c.ID, "End now", slack.StyleDefault))...)
	case approval.Ended, approval.Denied, approval.Cancelled, approval.TimedOut, approval.Refused:
	}
	return nil
}

// withHistory adds the button that opens the case's history, which all who see
// the case have whatever else there is to do.
func withHistory(c approval.Case, buttons slack.Block) slack.Block {
	history := button(ActionHistory, c.ID, "History", slack.StyleDefault)
	if row, ok := buttons.(*slack.ActionBlock); ok {
		row.Elements.ElementSet = append(row.Elements.ElementSet, history)
		return row
	}
	return actions(c, history)
}

func actions(c approval.Case, elements ...slack.BlockElement) slack.Block {
	return slack.NewActionBlock(blockID(decideBlock, c.ID), elements...)
}

func button(action, value, label string, style slack.Style) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plain(label, maxOption)).WithStyle(style)
}

func approveButton(c approval.Case) slack.BlockElement {
	return button(ActionApprove, c.ID, "Approve", slack.StylePrimary)
}

func denyButton(c approval.Case) slack.BlockElement {
	return button(ActionDeny, c.ID, "Deny", slack.StyleDanger)
}

func lookButton(c approval.Case, person string) slack.BlockElement {
	if c.Claim != nil && c.Claim.By.ID == person {
		return button(ActionLookAway, c.ID, "Stop looking", slack.StyleDefault)
	}
	return button(ActionLookAt, c.ID, "I'm looking at it", slack.StyleDefault)
}

// less is the menu of shorter durations, if the flow offers any.
func less(c approval.Case) []slack.BlockElement {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Approve for less…", maxHeader), ActionApproveLess)
	for _, d := range slices.Sorted(slices.Values(c.Flow.Durations)) {
		if d < c.Duration && len(menu.Options) < maxOptions {
			menu.Options = append(menu.Options, slack.NewOptionBlockObject(d.String(), plain(string(span(d)), maxOption), nil))
		}
	}
	if len(menu.Options) == 0 {
		return nil
	}
	return []slack.BlockElement{menu}
}

// decideBlock begins the id of the block of a case's buttons; the case's id follows.
const decideBlock = "decide"

// ReadLess reads what was picked of the menu that approves for less. It is false
// for anything else.
func ReadLess(block, value string) (caseID string, duration time.Duration, ok bool) {
	id, found := strings.CutPrefix(block, decideBlock+":")
	d, err := time.ParseDuration(value)
	return id, d, found && err == nil && d > 0
}
