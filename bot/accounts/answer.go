package accounts

// answer is an account as a service or a database says it: for one person.
type answer struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Plan       string         `json:"plan"`
	IsAssigned *bool          `json:"is_assigned"`
	Fields     map[string]any `json:"fields"`
}

// account is the answer for the person of this e-mail. A person without one is
// assigned to nothing, whatever was answered: people without an e-mail are alike.
func (a answer) account(email string) (Account, error) {
	account := Account{ID: a.ID, Name: a.Name, Plan: a.Plan, Fields: a.Fields, AssignmentUnknown: a.IsAssigned == nil}
	if a.IsAssigned != nil && *a.IsAssigned && email != "" {
		account.Assigned = []string{email}
	}
	return account, check(account)
}

// accountsOf are the accounts of answers, for the person of this e-mail.
func accountsOf(answers []answer, email string) ([]Account, error) {
	found := make([]Account, len(answers))
	for i, answer := range answers {
		var err error
		if found[i], err = answer.account(email); err != nil {
			return nil, err
		}
	}
	return found, nil
}
