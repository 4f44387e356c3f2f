package accounts_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/accounts"
)

func TestFactsAreWhatRulesRead(t *testing.T) {
	globex := accounts.Account{
		ID: "acct_7", Name: "Globex", Plan: "pro", Assigned: []string{"Kim@Example.com"},
		Fields: map[string]any{"region": "us", "seats": 85.0, "vip": true},
	}
	for name, c := range map[string]struct {
		account accounts.Account
		email   string
		want    map[string]any
	}{
		"assigned": {globex, "kim@example.COM", map[string]any{
			"customer_id": "acct_7", "customer_name": "Globex", "customer_plan": "pro", "is_assigned": true,
			"region": "us", "seats": 85.0, "vip": true,
		}},
		"not assigned": {globex, "lee@example.com", map[string]any{
			"customer_id": "acct_7", "customer_name": "Globex", "customer_plan": "pro", "is_assigned": false,
			"region": "us", "seats": 85.0, "vip": true,
		}},
		"without a plan": {accounts.Account{ID: "a", Name: "A"}, "kim@example.com", map[string]any{
			"customer_id": "a", "customer_name": "A", "is_assigned": false,
		}},
		"fields that aren't facts": {
			accounts.Account{ID: "a", Name: "A", Fields: map[string]any{
				"customer_plan": "free", "is_assigned": true, "list": []any{"x"}, "none": nil, "int": 1, "nan": math.NaN(),
			}},
			"kim@example.com",
			map[string]any{"customer_id": "a", "customer_name": "A", "is_assigned": false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.account.Facts(c.email)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOnlyTheSameEmailIsAssigned(t *testing.T) {
	account := accounts.Account{Assigned: []string{"kim@example.com", ""}}
	for email, want := range map[string]bool{
		"kim@example.com":      true,
		"KIM@EXAMPLE.COM":      true,
		"":                     false,
		"im@example.com":       false,
		"kim@example.com.evil": false,
		"\u212aim@example.com": false, // the Kelvin sign, a k to Unicode
	} {
		if got := account.AssignedTo(email); got != want {
			t.Errorf("AssignedTo(%q) = %v", email, got)
		}
	}
}
