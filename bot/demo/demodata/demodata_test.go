package demodata_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/demo/demodata"
)

const (
	agent     = "kim@example.com"
	colleague = "lee@example.com"
)

func TestCustomersShowEveryRule(t *testing.T) {
	customers := open(t)
	for _, c := range []struct {
		id, name string
		plan     any
		assigned bool
	}{
		{"acct_42", "Acme", "enterprise", false},
		{"acct_7", "Globex", "pro", true},
		{"acct_19", "Hooli", "free", false},
		{"acct_58", "Initech", nil, false},
	} {
		account, err := customers.Get(t.Context(), c.id, "")
		if err != nil {
			t.Fatalf("Get(%s): %v", c.id, err)
		}
		facts := account.Facts(agent)
		if account.Name != c.name || facts["customer_plan"] != c.plan || facts["is_assigned"] != c.assigned {
			t.Errorf("%s: got %v", c.name, facts)
		}
	}
}

func TestEachComplaintNamesOneCustomer(t *testing.T) {
	customers := open(t)
	for _, c := range demodata.Complaints() {
		found, err := customers.Named(t.Context(), c.Text, 3)
		if err != nil || len(found) != 1 {
			t.Errorf("%s's complaint names %v (%v): %s", c.From, found, err, c.Text)
		}
	}
}

func TestCustomersAreAsManyAsTold(t *testing.T) {
	customers := open(t)
	if got := customers.Len(); got < 190 || got > 210 {
		t.Errorf("there are %d customers", got)
	}
	for _, email := range []string{agent, colleague} {
		if got := assignedTo(t, customers, email); got < 10 || got > 20 {
			t.Errorf("%d are assigned to %s", got, email)
		}
	}
}

func assignedTo(t *testing.T, customers *accounts.File, email string) int {
	t.Helper()
	found, err := customers.Search(t.Context(), "", email, accounts.MaxResults)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for count < len(found) && found[count].AssignedTo(email) {
		count++
	}
	return count
}

func open(t *testing.T) *accounts.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), demodata.CustomersName)
	if err := os.WriteFile(path, demodata.Customers(), 0o600); err != nil {
		t.Fatal(err)
	}
	customers, err := accounts.OpenFile(t.Context(), path, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = customers.Close() })
	return customers
}
