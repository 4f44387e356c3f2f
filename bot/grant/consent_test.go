package grant_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestACustomersLink is of one case, is the same for as long as it may be used, and
// is over when keys are leaked.
func TestACustomersLink(t *testing.T) {
	path := file(t)
	k := open(t, path, noon)
	link := k.ConsentURL("https://bot.example.com", "c1")
	seal, found := strings.CutPrefix(link, "https://bot.example.com/consent/c1/")
	if !found || !k.IsConsent("c1", seal) || len(seal) < 43 || seal != url.PathEscape(seal) {
		t.Errorf("the link is %q", link)
	}
	for name, bad := range map[string]string{"none": "", "cut": seal[:len(seal)-1], "longer": seal + "A", "another case's": k.Consent("c2"), "an app's": string(k.Secret("c1"))} {
		if k.IsConsent("c1", bad) {
			t.Errorf("%s is good", name)
		}
	}
	if other := open(t, file(t), noon); other.IsConsent("c1", seal) {
		t.Error("another bot takes it")
	}
	if err := k.Rotate(false, noon); err != nil || !k.IsConsent("c1", seal) {
		t.Errorf("after the keys changed it is over: %v", err)
	}
	if again := open(t, path, noon.Add(24*time.Hour)); !again.IsConsent("c1", seal) {
		t.Error("after a restart it is over")
	}
	if err := k.Rotate(true, noon); err != nil || k.IsConsent("c1", seal) {
		t.Errorf("after a leak it is good: %v", err)
	}
}

// TestACasesIdIsOnePartOfItsLink whatever it is.
func TestACasesIdIsOnePartOfItsLink(t *testing.T) {
	k := open(t, file(t), noon)
	link, err := url.Parse(k.ConsentURL("https://bot.example.com", "a/b?c#d"))
	if err != nil || link.RawQuery != "" || link.Fragment != "" || strings.Count(link.EscapedPath(), "/") != 3 {
		t.Errorf("%v, %v", link, err)
	}
}
