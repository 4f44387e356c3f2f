// Package grant makes an approval worth something in the customer's app.
//
// The road goes one way. An approved requester clicks Open as (customer), and
// gets a link with a code that works once, for two minutes, and only for them.
// The app's middleware brings the code and the e-mail address of whom it has
// signed in; the store says whether the two belong together and opens the grant;
// and the app gets a token of package token. The token lives for five minutes.
// The app has it refreshed, which asks the store again, so that a grant that
// ended is known everywhere when its last token is over, and at once wherever
// the app listens to the stream.
//
// This package says what a case's tokens are, and keeps the keys ([Keyring]): those
// that sign tokens, and the secret by which apps know the bot's webhooks and the bot
// knows its links to customers. What is asked over HTTP is in bot/api, what apps are
// told by webhooks in bot/notify, where customers answer in bot/consent; what apps
// import is in package token and in gate, django and express beside it.
package grant

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/understudyhq/understudy/bot/grant/token"
	"github.com/understudyhq/understudy/flows/approval"
)

// LinkLife is how long a link can be used.
const LinkLife = 2 * time.Minute

// NewCode is a link's secret, of 260 random bits.
func NewCode() string { return rand.Text() + rand.Text() }

// CodeOf is the secret of the link that answers a window: the same for each time
// that Slack delivers it, and as good as [NewCode]'s to who hasn't the key.
func CodeOf(key []byte, window string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(window))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil))
}

// Link is where the app takes the code.
func Link(app approval.App, code string) (string, error) {
	u, err := url.Parse(app.URL)
	if err != nil {
		return "", fmt.Errorf("linking to the app %s: %w", app.Name, err)
	}
	query := u.Query()
	query.Set("code", code)
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// A token is to fit into a cookie, of which browsers keep 4096 bytes. So much of
// each text is in it, in bytes of JSON.
const (
	mostOfName   = 240
	mostOfReason = 900
)

// brief is as much of the text as there is room for.
func brief(text string, most int) string {
	room := most - 2 // for the quotes
	for i, r := range text {
		written, _ := json.Marshal(string(r)) // which never fails
		if room -= len(written) - 2; room < 0 {
			return text[:i] + "…"
		}
	}
	return text
}

// Scope is what the app's tokens say of what an agent may do there.
func Scope(app approval.App) string {
	if app.Scope == approval.FullAccess {
		return token.ScopeFull
	}
	return token.ScopeReadOnly
}

// Claims are what a token of this case says now, for this opening of the app by
// the person of this e-mail address.
func Claims(c approval.Case, session, email, issuer string, now time.Time) token.Claims {
	app := c.Flow.App
	reason := brief(c.Reason, mostOfReason)
	if app.HideReason {
		reason = ""
	}
	ends := now.Add(token.Life)
	if c.Grant.Until.Before(ends) {
		ends = c.Grant.Until
	}
	date := jwt.NewNumericDate
	return token.Claims{
		Claims: jwt.Claims{
			Issuer: issuer, Subject: c.Account.ID, Audience: jwt.Audience{app.Name}, ID: rand.Text(),
			IssuedAt: date(now), NotBefore: date(now), Expiry: date(ends),
		},
		Actor: token.Actor{Subject: email, Name: brief(c.Requester.Name, mostOfName)}, Name: brief(c.Account.Name, mostOfName), Scope: Scope(*app),
		Case: c.ID, Session: session, Flow: c.Flow.Name, Reason: reason, Until: date(c.Grant.Until),
	}
}
