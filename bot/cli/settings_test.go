package cli

import (
	"strings"
	"testing"
)

// TestWhereCustomersAnswer is an address that nobody on the way reads: whoever has a
// link answers for its customer.
func TestWhereCustomersAnswer(t *testing.T) {
	for name, tt := range map[string]struct {
		public, consent, want, problem string
	}{
		"none":               {"", "", "", ""},
		"as apps do":         {"https://bot.example.com", "", "https://bot.example.com", ""},
		"not over a network": {"http://bot.example.com", "", "", ""},
		"on this machine":    {"http://127.0.0.1:8080", "", "http://127.0.0.1:8080", ""},
		"its own":            {"https://bot.example.com", "https://help.example.com/", "https://help.example.com", ""},
		"beneath a path":     {"", "https://help.example.com/access/", "https://help.example.com/access", ""},
		"its own, for all":   {"https://bot.example.com", "http://help.example.com", "", "it would cross the network for all to read"},
		"its own, here":      {"", "http://localhost:8080", "http://localhost:8080", ""},
		"with a query":       {"", "https://help.example.com/?x=1", "", "give the address alone"},
		"with a password":    {"", "https://kim:secret@help.example.com", "", "give the address alone"},
		"no address":         {"", "help.example.com", "", "write a URL with https://"},
	} {
		s := Settings{PublicURL: tt.public, ConsentURL: tt.consent}
		err := s.readConsentURL()
		switch {
		case tt.problem == "" && (err != nil || s.ConsentURL != tt.want):
			t.Errorf("%s: %q, %v", name, s.ConsentURL, err)
		case tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), "UNDERSTUDY_CONSENT_URL") || strings.Contains(err.Error(), "secret")):
			t.Errorf("%s: %v", name, err)
		}
	}
}
