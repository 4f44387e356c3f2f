package grant_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/flows/approval"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "understudy.db.keys") }

func open(t *testing.T, path string, now time.Time) *grant.Keyring {
	t.Helper()
	k, err := grant.OpenKeyring(path, now)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sign(t *testing.T, k *grant.Keyring, now time.Time) string {
	t.Helper()
	c := approval.Case{
		ID: "c1", Status: approval.Active, Account: approval.Account{ID: "acct_42", Name: "Acme"}, Requester: approval.Person{ID: "UKIM", Name: "Kim"},
		Flow: approval.FlowVersion{Name: "impersonation", App: &approval.App{Name: "portal"}}, Grant: &approval.Grant{Until: now.Add(time.Hour)},
	}
	raw, err := k.Sign(grant.Claims(c, "s1", "kim@example.com", "https://bot", now), now)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func verify(t *testing.T, k *grant.Keyring, raw string, now time.Time) error {
	t.Helper()
	keys, err := k.Public(now)
	if err != nil {
		t.Fatal(err)
	}
	c, err := token.Read(raw, keys)
	if err != nil {
		return err
	}
	return c.Check("https://bot", "portal", now)
}

// TestKeysChange signs a token each half hour of half a year: whatever keys
// somebody fetched half an hour earlier, they verify it, and there are never
// many keys.
func TestKeysChange(t *testing.T) {
	path := file(t)
	k := open(t, path, noon)
	used := map[string]bool{}
	fetched, err := k.Public(noon)
	if err != nil {
		t.Fatal(err)
	}
	for now, n := noon, 0; now.Before(noon.AddDate(0, 6, 0)); now, n = now.Add(30*time.Minute), n+1 {
		if n%2 == 0 {
			if fetched, err = k.Public(now); err != nil {
				t.Fatal(err)
			}
			if len(fetched.Keys) > 2 {
				t.Fatalf("%s: %d keys", now, len(fetched.Keys))
			}
		}
		if n%997 == 0 {
			k = open(t, path, now)
		}
		raw := sign(t, k, now)
		c, err := token.Read(raw, fetched)
		if err != nil {
			t.Fatalf("%s: %v", now, err)
		}
		if err := c.Check("https://bot", "portal", now); err != nil {
			t.Fatal(err)
		}
		used[header(t, raw)] = true
	}
	if len(used) < 6 || len(used) > 8 {
		t.Errorf("%d keys in half a year", len(used))
	}
}

func header(t *testing.T, raw string) string {
	parsed, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{token.Algorithm})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Headers[0].KeyID
}

// TestRotation replaces a key at once. Its tokens stay valid, but where it leaked.
func TestRotation(t *testing.T) {
	for _, leaked := range []bool{false, true} {
		path := file(t)
		k := open(t, path, noon)
		before, secret := sign(t, k, noon), k.Secret("portal")
		if err := k.Rotate(leaked, noon.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for name, k := range map[string]*grant.Keyring{"the same": k, "opened again": open(t, path, noon)} {
			err := verify(t, k, before, noon.Add(2*time.Minute))
			if leaked == bytes.Equal(secret, k.Secret("portal")) {
				t.Errorf("%s, leaked %v: the secret of webhooks", name, leaked)
			}
			if leaked != errors.Is(err, token.ErrKey) || leaked == (err == nil) {
				t.Errorf("%s, leaked %v: the old token: %v", name, leaked, err)
			}
			if err := verify(t, k, sign(t, k, noon.Add(2*time.Minute)), noon.Add(2*time.Minute)); err != nil {
				t.Errorf("%s, leaked %v: a new token: %v", name, leaked, err)
			}
		}
	}
}

func TestTheFileOfKeys(t *testing.T) {
	path := file(t)
	k := open(t, path, noon)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if again := open(t, path, noon); !bytes.Equal(again.Secret("portal"), k.Secret("portal")) || bytes.Equal(k.Secret("portal"), k.Secret("wiki")) {
		t.Error("the secrets of apps aren't kept, or aren't apart")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := grant.OpenKeyring(path, noon); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
	if err := os.WriteFile(path, []byte(`{"keys":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := grant.OpenKeyring(path, noon); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("without keys: %v", err)
	}
}

func TestClaims(t *testing.T) {
	c := approval.Case{Reason: "invoice", Flow: approval.FlowVersion{App: &approval.App{Name: "portal"}}, Grant: &approval.Grant{Until: noon.Add(2 * time.Minute)}}
	got := grant.Claims(c, "s", "kim@example.com", "https://bot", noon)
	if got.Scope != token.ScopeReadOnly || got.Reason != "invoice" || !got.Expiry.Time().Equal(c.Grant.Until) {
		t.Errorf("%+v", got)
	}
	c.Flow.App.Scope, c.Flow.App.HideReason, c.Grant.Until = approval.FullAccess, true, noon.Add(time.Hour)
	got = grant.Claims(c, "s", "kim@example.com", "https://bot", noon)
	if got.Scope != token.ScopeFull || got.Reason != "" || !got.Expiry.Time().Equal(noon.Add(token.Life)) {
		t.Errorf("%+v", got)
	}
}

func TestLinks(t *testing.T) {
	for address, want := range map[string]string{
		"https://p.example/in":            "https://p.example/in?code=C%26",
		"https://p.example/in?tenant=a+b": "https://p.example/in?code=C%26&tenant=a+b",
	} {
		if got, err := grant.Link(approval.App{URL: address}, "C&"); err != nil || got != want {
			t.Errorf("%s: %s, %v", address, got, err)
		}
	}
	if len(grant.NewCode()) < 52 || grant.NewCode() == grant.NewCode() {
		t.Error("a code can be guessed")
	}
}
