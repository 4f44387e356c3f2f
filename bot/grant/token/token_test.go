package token_test

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/understudyhq/understudy/bot/grant/token"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

const issuer, app = "https://understudy.example.com", "portal"

func newKey(t testing.TB, id string) jose.JSONWebKey {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return jose.JSONWebKey{Key: private, KeyID: id, Algorithm: string(token.Algorithm), Use: "sig"}
}

func public(keys ...jose.JSONWebKey) (set jose.JSONWebKeySet) {
	for _, k := range keys {
		set.Keys = append(set.Keys, k.Public())
	}
	return set
}

func claims() token.Claims {
	date := jwt.NewNumericDate
	return token.Claims{
		Claims: jwt.Claims{Issuer: issuer, Subject: "acct_42", Audience: jwt.Audience{app}, ID: "j1", IssuedAt: date(noon), NotBefore: date(noon), Expiry: date(noon.Add(token.Life))},
		Actor:  token.Actor{Subject: "kim@example.com", Name: "Kim Berg"}, Name: "Acme", Scope: token.ScopeReadOnly,
		Case: "c1", Session: "s1", Flow: "impersonation", Reason: "invoice 1042", Until: date(noon.Add(time.Hour)),
	}
}

func sign(t testing.TB, key jose.JSONWebKey, c token.Claims) string {
	t.Helper()
	raw, err := token.Sign(key, c)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// verify is all that an app does with a token.
func verify(raw string, keys jose.JSONWebKeySet, now time.Time) error {
	c, err := token.Read(raw, keys)
	if err != nil {
		return err
	}
	return c.Check(issuer, app, now)
}

func TestATokenSaysWhoActsForWhom(t *testing.T) {
	key := newKey(t, "k1")
	raw := sign(t, key, claims())
	if err := verify(raw, public(newKey(t, "k0"), key), noon.Add(4*time.Minute)); err != nil {
		t.Error(err)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"iss":"https://understudy.example.com","sub":"acct_42","aud":"portal","exp":1795608300,"nbf":1795608000,"iat":1795608000,"jti":"j1",` +
		`"act":{"sub":"kim@example.com","name":"Kim Berg"},"name":"Acme","scope":"read_only","case":"c1","sid":"s1","flow":"impersonation","reason":"invoice 1042","until":1795611600}`
	var got, wanted any
	if json.Unmarshal(body, &got) != nil || json.Unmarshal([]byte(want), &wanted) != nil {
		t.Fatal("it isn't JSON")
	}
	if a, b := mustJSON(t, got), mustJSON(t, wanted); a != b {
		t.Errorf("got  %s\nwant %s", a, b)
	}
}

func mustJSON(t testing.TB, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestTokensThatAreNoGood are the attacks of RFC 8725 and what goes wrong by itself.
func TestTokensThatAreNoGood(t *testing.T) {
	key := newKey(t, "k1")
	with := func(change func(*token.Claims)) string {
		c := claims()
		change(&c)
		return sign(t, key, c)
	}
	good := sign(t, key, claims())
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	forged := func(header string) string { return encode([]byte(header)) + "." + parts[1] }
	x, _ := key.Public().Key.(ed25519.PublicKey)
	mac := func(head string) string {
		h := hmac.New(sha256.New, x)
		h.Write([]byte(head))
		return head + "." + encode(h.Sum(nil))
	}
	eve := newKey(t, "k1")
	bring := jose.SigningKey{Algorithm: jose.EdDSA, Key: eve.Key}
	embedded, err := jose.NewSigner(bring, (&jose.SignerOptions{EmbedJWK: true}).WithType(token.Type))
	if err != nil {
		t.Fatal(err)
	}
	brought, err := jwt.Signed(embedded).Claims(claims()).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	otherType, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		t.Fatal(err)
	}
	typed, err := jwt.Signed(otherType).Claims(claims()).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	wide, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: wide, KeyID: "k1"}}, (&jose.SignerOptions{}).WithType(token.Type))
	if err != nil {
		t.Fatal(err)
	}
	rsaSigned, err := jwt.Signed(rs).Claims(claims()).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{
		"nothing":                      "",
		"alg none":                     forged(`{"alg":"none","typ":"understudy-grant+jwt","kid":"k1"}`) + ".",
		"alg none, a signature":        forged(`{"alg":"none","typ":"understudy-grant+jwt","kid":"k1"}`) + "." + parts[2],
		"HMAC with the public key":     mac(forged(`{"alg":"HS256","typ":"understudy-grant+jwt","kid":"k1"}`)),
		"RSA":                          rsaSigned,
		"another's key of that name":   sign(t, eve, claims()),
		"the key brought along":        brought,
		"a key that isn't there":       sign(t, newKey(t, "k2"), claims()),
		"no key named":                 sign(t, jose.JSONWebKey{Key: key.Key}, claims()),
		"another type of token":        typed,
		"a changed body":               parts[0] + "." + encode([]byte(strings.Replace(mustJSON(t, claims()), "acct_42", "acct_1", 1))) + "." + parts[2],
		"a cut signature":              good[:len(good)-4],
		"for another app":              with(func(c *token.Claims) { c.Audience = jwt.Audience{"wiki"} }),
		"for several apps":             with(func(c *token.Claims) { c.Audience = jwt.Audience{app, "wiki"} }),
		"for no app":                   with(func(c *token.Claims) { c.Audience = nil }),
		"of another bot":               with(func(c *token.Claims) { c.Issuer = "https://evil.example" }),
		"expired":                      with(func(c *token.Claims) { c.Expiry = jwt.NewNumericDate(noon.Add(-31 * time.Second)) }),
		"without an end":               with(func(c *token.Claims) { c.Expiry = nil }),
		"not yet":                      with(func(c *token.Claims) { c.NotBefore = jwt.NewNumericDate(noon.Add(31 * time.Second)) }),
		"issued in the future":         with(func(c *token.Claims) { c.IssuedAt = jwt.NewNumericDate(noon.Add(31 * time.Second)) }),
		"of a grant that is over":      with(func(c *token.Claims) { c.Until = jwt.NewNumericDate(noon.Add(-31 * time.Second)) }),
		"of nobody":                    with(func(c *token.Claims) { c.Actor.Subject = "" }),
		"for nobody":                   with(func(c *token.Claims) { c.Subject = "" }),
		"of somebody for themselves":   with(func(c *token.Claims) { c.Actor.Subject = c.Subject }),
		"with a scope nobody knows":    with(func(c *token.Claims) { c.Scope = "admin" }),
		"without a scope":              with(func(c *token.Claims) { c.Scope = "" }),
		"of no case":                   with(func(c *token.Claims) { c.Case = "" }),
		"of no session":                with(func(c *token.Claims) { c.Session = "" }),
		"two tokens":                   good + "." + good,
		"encrypted, it says (5 parts)": good + ".x.y",
	} {
		if err := verify(raw, public(key), noon); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := verify(good, public(key), noon); err != nil {
		t.Errorf("the good one: %v", err)
	}
	if err := verify(good, jose.JSONWebKeySet{}, noon); !errors.Is(err, token.ErrKey) {
		t.Errorf("without keys: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	key := newKey(f, "k1")
	f.Add(sign(f, key, claims()))
	f.Add("e30.e30.")
	other := newKey(f, "k1")
	f.Fuzz(func(t *testing.T, raw string) {
		if _, err := token.Read(raw, public(other)); err == nil {
			t.Errorf("%q was taken", raw)
		}
	})
}

// BenchmarkVerify is what a token costs an app on each request, with the keys at hand.
func BenchmarkVerify(b *testing.B) {
	key := newKey(b, "k1")
	raw, keys := sign(b, key, claims()), public(key)
	for b.Loop() {
		if err := verify(raw, keys, noon); err != nil {
			b.Fatal(err)
		}
	}
}
