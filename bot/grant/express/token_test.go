package express

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/bot/grant/token"
)

// TestTheOfficialLibraryTakesOurTokens: jose, which nobody here could bend, says
// of a real token of the bot that it is one, and refuses what isn't. Where it is
// asked less than the middleware asks, only the middleware refuses.
func TestTheOfficialLibraryTakesOurTokens(t *testing.T) {
	install(t)
	t.Parallel()
	bot := granttest.NewBot(t)
	good := bot.Redeemed()
	keys, err := bot.Keys.Public(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	claims, err := token.Read(good, keys)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*token.Claims)) string {
		c := claims
		change(&c)
		signed, err := bot.Keys.Sign(c, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	in := func(d time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(time.Now().Add(d)) }
	parts := strings.Split(good, ".")
	encode := base64.RawURLEncoding.EncodeToString
	header := func(alg string) string {
		return encode([]byte(`{"alg":"` + alg + `","typ":"` + token.Type + `","kid":"` + keys.Keys[0].KeyID + `"}`))
	}
	x, _ := keys.Keys[0].Key.(ed25519.PublicKey)
	mac := hmac.New(sha256.New, x)
	unsigned := header("HS256") + "." + parts[1]
	mac.Write([]byte(unsigned))
	_, eves, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	eve := func(id, typ string) string {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: token.Algorithm, Key: jose.JSONWebKey{Key: eves, KeyID: id}}, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	known := jose.JSONWebKeySet{Keys: append(keys.Keys, jose.JSONWebKey{Key: eves.Public(), KeyID: "ours", Algorithm: string(token.Algorithm), Use: "sig"})}
	tokens := map[string]string{
		"good":                       good,
		"good, by the second key":    eve("ours", token.Type),
		"a changed body":             parts[0] + "." + encode(bytes.Replace(decode(t, parts[1]), []byte("acct_42"), []byte("acct_2"), 1)) + "." + parts[2],
		"a cut signature":            good[:len(good)-4],
		"alg none":                   header("none") + "." + parts[1] + ".",
		"HMAC with the public key":   unsigned + "." + encode(mac.Sum(nil)),
		"another's key of that name": eve(keys.Keys[0].KeyID, token.Type),
		"a key that isn't there":     eve("k2", token.Type),
		"another type":               eve("ours", "JWT"),
		"no type":                    eve("ours", ""),
		"for another app":            with(func(c *token.Claims) { c.Audience = jwt.Audience{"wiki"} }),
		"of another bot":             with(func(c *token.Claims) { c.Issuer = "https://evil.example" }),
		"expired":                    with(func(c *token.Claims) { c.IssuedAt, c.Expiry = in(-6*time.Minute), in(-31*time.Second) }),
		"expired a moment ago":       with(func(c *token.Claims) { c.IssuedAt, c.Expiry = in(-5*time.Minute), in(-20*time.Second) }),
		"not yet":                    with(func(c *token.Claims) { c.NotBefore = in(40 * time.Second) }),
		"for several apps":           with(func(c *token.Claims) { c.Audience = jwt.Audience{granttest.App, "wiki"} }),
		"for too long":               with(func(c *token.Claims) { c.Expiry = in(time.Hour) }),
		"issued in the future":       with(func(c *token.Claims) { c.IssuedAt = in(40 * time.Second) }),
		"of a grant that is over":    with(func(c *token.Claims) { c.Until = in(-31 * time.Second) }),
		"of somebody for themselves": with(func(c *token.Claims) { c.Actor.Subject = c.Subject }),
		"with a scope nobody knows":  with(func(c *token.Claims) { c.Scope = "admin" }),
		"of no case":                 with(func(c *token.Claims) { c.Case = "" }),
		"of nobody":                  with(func(c *token.Claims) { c.Actor.Subject = "" }),
		"nothing":                    "",
	}
	for i := range 20 { // keys that nobody knows are looked for, but not on and on
		header := fmt.Sprintf(`{"alg":"EdDSA","typ":"understudy-grant+jwt","kid":"nobody's %d"}`, i)
		tokens[header] = encode([]byte(header)) + "." + parts[1] + "." + parts[2]
	}
	way := newRoad(t, bot)
	way.at("/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(known) })
	said := verdicts(t, bot, way.URL, tokens)
	// Each of the two fetches them when it begins; jose doesn't again for 30 seconds.
	if n := way.count("/.well-known/jwks.json"); n != 1+1+2 {
		t.Errorf("the keys were fetched %d times", n)
	}
	looser := "for several apps, for too long, issued in the future, of a grant that is over, of somebody for themselves, with a scope nobody knows, of no case, of nobody"
	for name, v := range said {
		fine := strings.HasPrefix(name, "good") || name == "expired a moment ago"
		if fine != (v.Middleware == "") || (fine || strings.Contains(looser, name)) != (v.Jose == "") {
			t.Errorf("%s: jose: %q, the middleware: %q", name, v.Jose, v.Middleware)
		}
	}
}

type verdict struct{ Jose, Middleware string }

// verdicts are what is said of tokens by who fetches the bot's keys at this address.
func verdicts(t *testing.T, bot *granttest.Bot, keysAt string, tokens map[string]string) map[string]verdict {
	t.Helper()
	asked, err := json.Marshal(map[string]any{"url": keysAt, "issuer": bot.URL, "app": granttest.App, "tokens": tokens})
	if err != nil {
		t.Fatal(err)
	}
	node := exec.CommandContext(t.Context(), "node", "testdata/verify.js")
	node.Stdin = bytes.NewReader(asked)
	var complaints bytes.Buffer
	node.Stderr = &complaints
	out, err := node.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, complaints.Bytes())
	}
	var said map[string]verdict
	if err := json.Unmarshal(out, &said); err != nil || len(said) != len(tokens) {
		t.Fatalf("%v: %s", err, out)
	}
	return said
}

func decode(t *testing.T, part string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
