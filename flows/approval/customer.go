package approval

import (
	"slices"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// A customer may be one of those who decide about a case. They aren't of the
// workspace: they have no cards, and answer by a link that the app hands to them.

// CustomerID is the customer's id among the people of a case. Slack has no such id.
const CustomerID = "customer"

// Customer is the account's owner as somebody who decides.
func (a Account) Customer() Person { return Person{ID: CustomerID, Name: a.Name + " (the customer)"} }

// InSlack says whether this is somebody of the workspace, and not the customer.
func (p Person) InSlack() bool { return p.ID != CustomerID }

// AsksCustomer says whether the customer was asked, and could be.
func (c Case) AsksCustomer() bool {
	_, asked := c.Approver(CustomerID)
	return asked && !c.missed(CustomerID)
}

// NeedsConsent says whether nothing is granted before the customer agrees, whoever
// else approves.
func (c Case) NeedsConsent() bool { return c.Route != nil && c.Route.Consent }

// OnlyAgrees says whether the customer's yes is none of the approvals that the quorum
// counts: they consent to what others decide. Where the case has gone on to a route
// that needs no consent, that yes allows nothing at all; their no still counts.
func (c Case) OnlyAgrees() bool {
	customer, _ := c.Approver(CustomerID)
	return c.NeedsConsent() || customer.Leg.Kind == flows.ConsentLeg
}

// AwaitsCustomer says whether something depends on the customer's answer.
func (c Case) AwaitsCustomer() bool {
	return c.AsksCustomer() && !c.ApprovedBy(CustomerID) && (c.NeedsConsent() || !c.OnlyAgrees())
}

// mostReminders is how many reminders there are of a case before its customer gets no
// more of them: who asks for their consent shall not wear them down.
const mostReminders = 5

// remindsCustomer says whether a reminder then is one of the customer too.
func (c Case) remindsCustomer(at time.Time) bool {
	return c.AwaitsCustomer() && c.Pokes < mostReminders && !at.Before(c.customerRests())
}

// customerRests is until when the customer, who was asked or reminded, is left alone.
func (c Case) customerRests() time.Time {
	customer, _ := c.Approver(CustomerID)
	last := customer.Since
	if c.PokedAt.After(last) {
		last = c.PokedAt
	}
	return last.Add(NudgePause)
}

// counted is how many of the approvals the quorum counts.
func (c Case) counted() int {
	if c.OnlyAgrees() && c.ApprovedBy(CustomerID) {
		return len(c.Approvals) - 1
	}
	return len(c.Approvals)
}

// enough says whether the case is allowed.
func (c Case) enough() bool {
	return c.counted() >= c.Quorum && (!c.NeedsConsent() || c.ApprovedBy(CustomerID))
}

// OnlyConsentLeft says whether others have approved as much as is needed, so that
// nothing but the customer's consent is missing.
func (c Case) OnlyConsentLeft() bool { return c.NeedsConsent() && c.counted() >= c.Quorum }

// asksCustomer says whether the customer is one of those who are asked now.
func asksCustomer(approvers []Approver) bool {
	return slices.ContainsFunc(approvers, func(a Approver) bool { return a.Asked && !a.InSlack() })
}
