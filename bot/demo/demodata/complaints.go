package demodata

// Complaint is what somebody of the demo writes in #support of a customer.
type Complaint struct{ From, Text string }

// Complaints are what stands in #support at the beginning, each about one
// customer.
func Complaints() []Complaint {
	return []Complaint{
		{"Lee Chan", "Acme (acct_42) called: “None of our invoices can be downloaded since this morning.” Who can look at it from their side?"},
		{"Mia Falk", "A mail from Café Lumière: “The new manager is invited and never gets the e-mail.” Could somebody check what they see?"},
		{"Lee Chan", "Globex can't sign in any more; they say that it began with the new password rules."},
	}
}
