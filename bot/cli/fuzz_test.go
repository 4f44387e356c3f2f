package cli

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzEmails holds that what is taken is an object of texts, and that a file
// which isn't gets a sentence with an example.
func FuzzEmails(f *testing.F) {
	f.Add([]byte(`{"mia@pager.example":"mia@example.com"}`))
	f.Add([]byte(`{"mia@pager.example":1}`))
	f.Add([]byte(`[]`))
	f.Add([]byte("{\"a\":\"b\"}\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		emails, err := parseEmails(data)
		if err != nil {
			if emails != nil || !strings.Contains(err.Error(), "such as {") {
				t.Errorf("%v, with %d e-mails", err, len(emails))
			}
			return
		}
		var object map[string]any
		if err := json.Unmarshal(data, &object); err != nil || len(object) != len(emails) {
			t.Errorf("%d e-mails of an object of %d: %v", len(emails), len(object), err)
		}
	})
}
