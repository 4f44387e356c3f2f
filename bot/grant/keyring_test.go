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

// TestBothOfAnUpdateHaveTheSameKeys: whoever drops a leaked key drops it for the
// process that stands by as well.
func TestBothOfAnUpdateHaveTheSameKeys(t *testing.T) {
	path := file(t)
	old := open(t, path, noon)
	before, told := sign(t, old, noon), old.Changed()
	if err := open(t, path, noon).Rotate(true, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	now := noon.Add(2 * time.Minute)
	if err := verify(t, old, before, now); !errors.Is(err, token.ErrKey) {
		t.Errorf("the leaked key's token: %v", err)
	}
	if err := verify(t, open(t, path, now), sign(t, old, now), now); err != nil {
		t.Errorf("a new token: %v", err)
	}
	select {
	case <-told:
	default:
		t.Error("apps aren't told")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := old.Rotate(true, now); err != nil { // the same file: nothing to read
		t.Error(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// TestALeakedSecretSealsNothing in the other process of an update either.
func TestALeakedSecretSealsNothing(t *testing.T) {
	path := file(t)
	old := open(t, path, noon)
	seal, secret := old.Consent("c1"), old.Secret("portal")
	if !old.IsConsent("c1", seal) || old.IsConsent("c2", seal) || old.IsConsent("c1", "") {
		t.Error("a seal is of one case")
	}
	other := open(t, path, noon)
	if err := other.Rotate(true, noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if old.IsConsent("c1", seal) || bytes.Equal(old.Secret("portal"), secret) || !old.IsConsent("c1", other.Consent("c1")) {
		t.Error("the leaked secret is still in use")
	}
	if err := other.Rotate(true, noon.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if old.IsConsent("c1", old.Consent("c1")) {
		t.Error("nobody knows which secret leaked, and a seal is good")
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

// TestATokenFitsACookie: browsers drop one of more than 4096 bytes, and say nothing.
func TestATokenFitsACookie(t *testing.T) {
	k := open(t, file(t), noon)
	for _, letter := range []string{"a", "<", "é", "漢", "😀", "\""} {
		long := strings.Repeat(letter, 500)
		c := approval.Case{
			ID: "0193a5f2-7c1e-7a3b-9d55-0d6b7c6f1e22", Reason: long, Account: approval.Account{ID: strings.Repeat("a", 128), Name: long}, Requester: approval.Person{Name: long},
			Flow: approval.FlowVersion{Name: strings.Repeat("f", 63), App: &approval.App{Name: strings.Repeat("p", 63)}}, Grant: &approval.Grant{Until: noon.Add(time.Hour)},
		}
		email := strings.Repeat("e", 242) + "@example.com"
		claims := grant.Claims(c, "5c1e8a3e-52f5-4a2c-8f0e-9c5c9f3b7a10", email, "https://understudy.internal.example.com", noon)
		raw, err := k.Sign(claims, noon)
		if err != nil || len(raw) > 3900 {
			t.Errorf("%s: %d bytes, %v", letter, len(raw), err)
		}
		if claims.Reason != long && !strings.HasSuffix(claims.Reason, "…") || !strings.HasPrefix(long, strings.TrimSuffix(claims.Reason, "…")) {
			t.Errorf("%s: the reason is %q", letter, claims.Reason)
		}
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
	if one, other := grant.NewCode(), grant.NewCode(); len(one) < 52 || one == other {
		t.Error("a code can be guessed")
	}
}
