package portal

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The portal writes to its customers when somebody of support asks to sign in as
// them, is in, or is out. It hears of that by the bot's webhook, and its letters go
// to a page on which the demo's visitor reads everybody's.

// WebhookPath is where the portal hears of its grants.
const WebhookPath = "/hooks/understudy"

// notice is what the bot tells, as docs/apps.md has it: so much as letters are
// made of.
type notice struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      struct {
		Case    string                       `json:"case"`
		Actor   struct{ Name string }        `json:"actor"`
		Subject struct{ ID, Name string }    `json:"subject"`
		Reason  string                       `json:"reason"`
		Until   time.Time                    `json:"until"`
		End     struct{ How string }         `json:"end"`
		Consent struct{ URL, Status string } `json:"consent"`
	} `json:"data"`
}

// letter is one to a customer.
type letter struct {
	ID   string // of the notice that it is written for
	At   time.Time
	To   string
	Text string
	// Answer is where they answer a question, which is Over once it needs none.
	Answer string
	Over   bool

	about string // the case
}

// Date is when it was written.
func (l letter) Date() string { return l.At.UTC().Format("2 Jan, 15:04:05 UTC") }

// hear takes a notice. The same id again is the same notice.
func (p *Portal) hear(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		err = p.verify(r.Context(), body, r.Header)
	}
	var n notice
	if err == nil {
		err = json.Unmarshal(body, &n)
	}
	if err != nil {
		p.o.Log.WarnContext(r.Context(), "a notice that isn't the bot's", "error", err)
		http.Error(w, "not from the bot", http.StatusUnauthorized)
		return
	}
	p.keep(r.Header.Get("webhook-id"), n)
	w.WriteHeader(http.StatusNoContent)
}

func (p *Portal) verify(ctx context.Context, body []byte, header http.Header) error {
	if p.o.Secret == nil {
		return errors.New("this portal hears of nothing")
	}
	secret, err := p.o.Secret(ctx)
	if err != nil {
		return err
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return hook.Verify(body, header)
}

func (p *Portal) keep(id string, n notice) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.ContainsFunc(p.letters, func(l letter) bool { return l.ID == id }) {
		return
	}
	if n.Type == "consent.over" {
		for i, l := range p.letters {
			p.letters[i].Over = l.Over || l.about == n.Data.Case
		}
		return
	}
	if text := n.letter(); text != "" {
		p.letters = append(p.letters, letter{ID: id, At: n.Timestamp, To: n.Data.Subject.Name, Text: text, Answer: n.Data.Consent.URL, about: n.Data.Case})
	}
}

// letter is what the customer is written; nothing of what isn't their matter.
func (n notice) letter() string {
	agent, reason := n.Data.Actor.Name, ""
	if n.Data.Reason != "" {
		reason = " Why: " + n.Data.Reason
	}
	switch n.Type {
	case "consent.asked":
		return agent + " of our support asks to sign in as you." + reason
	case "consent.reminded":
		return agent + " of our support still asks to sign in as you." + reason
	case "grant.opened":
		return agent + " of our support is signed in as you, until " + n.Data.Until.UTC().Format("15:04 UTC") + " at the latest." + reason
	case "grant.ended":
		return agent + " of our support isn't signed in as you any more" + n.why() + "."
	}
	return ""
}

// why says how a grant ended.
func (n notice) why() string {
	return map[string]string{"expired": ": the time was over", "released": ": they are done", "revoked": ": it was called back"}[n.Data.End.How]
}

// mail shows all letters, the newest first.
func (p *Portal) mail(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	letters := slices.Clone(p.letters)
	p.mu.Unlock()
	slices.SortStableFunc(letters, func(a, b letter) int { return b.At.Compare(a.At) })
	p.show(w, r, "mail.html", http.StatusOK, map[string]any{"Letters": letters})
}
