package accounts_test

import (
	"testing"

	"github.com/understudyhq/understudy/bot/accounts"
)

func TestWhoAskedNotToBeImpersonated(t *testing.T) {
	for value, want := range map[any]bool{true: true, false: false, "no": true, "": true, 1.0: true} {
		if got := accounts.AskedNot(map[string]any{"do_not_impersonate": value}); got != want {
			t.Errorf("%#v: %v", value, got)
		}
	}
	if accounts.AskedNot(nil) {
		t.Error("nobody said anything")
	}
}
