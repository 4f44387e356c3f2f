package approval

import "slices"

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

// enoughWith says whether the case is allowed once this person approves as well.
// The customer's consent isn't one of the approvals that the quorum counts.
func (c Case) enoughWith(by string) bool {
	approvals := len(c.Approvals) + 1
	if !c.NeedsConsent() {
		return approvals >= c.Quorum
	}
	return (by == CustomerID || c.ApprovedBy(CustomerID)) && approvals-1 >= c.Quorum
}

// StillNeeded is how many approvals are missing beside the customer's consent.
func (c Case) StillNeeded() int {
	approvals := len(c.Approvals)
	if c.NeedsConsent() && c.ApprovedBy(CustomerID) {
		approvals--
	}
	return max(0, c.Quorum-approvals)
}

// AwaitsCustomer says whether the customer's answer does something, or will once
// it is found out who else decides.
func (c Case) AwaitsCustomer() bool {
	return (c.Status == Pending || c.Status == Routing) && !c.ApprovedBy(CustomerID)
}

// asksCustomer says whether the customer is one of those who are asked now.
func asksCustomer(approvers []Approver) bool {
	return slices.ContainsFunc(approvers, func(a Approver) bool { return a.ID == CustomerID })
}
