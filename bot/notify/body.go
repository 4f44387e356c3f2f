package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Notice is what an app is told.
type Notice struct {
	Type      approval.Notice `json:"type"`
	Timestamp time.Time       `json:"timestamp"` // when it happened
	Data      Data            `json:"data"`
}

// Data says of which grant.
type Data struct {
	Case    string  `json:"case"`
	Flow    string  `json:"flow"`
	App     string  `json:"app"`
	Actor   Person  `json:"actor"`
	Subject Subject `json:"subject"`
	Scope   string  `json:"scope"`
	Reason  string  `json:"reason,omitempty"` // unless it is hidden from the app
	// OpenedAt is when the agent first came into the app, Until the grant's end.
	OpenedAt time.Time `json:"opened_at,omitzero"`
	Until    time.Time `json:"until,omitzero"`
	// End is how it ended, of a grant.ended; Misuse who had the link, of a
	// link.misused; Consent what the customer is asked, of consent.asked and
	// consent.reminded, or how that ended, of consent.over.
	End     *End     `json:"end,omitempty"`
	Misuse  *Misuse  `json:"misuse,omitempty"`
	Consent *Consent `json:"consent,omitempty"`
}

// Consent is a question to the customer, or what came of it.
type Consent struct {
	// URL is where they answer, by when, and for how long the access is asked.
	URL      string    `json:"url,omitempty"`
	Until    time.Time `json:"until,omitzero"`
	Duration string    `json:"duration,omitempty"`
	// Status is the request's, once it is decided; By who decided, if somebody did.
	Status approval.Status `json:"status,omitempty"`
	By     *Person         `json:"by,omitempty"`
}

// Person is somebody of the staff.
type Person struct {
	Email string `json:"email,omitempty"`
	Name  string `json:"name"`
}

// Subject is the customer.
type Subject struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// End is how a grant ended. Nobody is By where its time was over, or the bot ended
// it because the agent may not act any more.
type End struct {
	How approval.GrantEnd `json:"how"`
	By  *Person           `json:"by,omitempty"`
	Why string            `json:"why,omitempty"` // unless reasons are hidden from the app
}

// Misuse is by which app a link came, and whom that had signed in.
type Misuse struct {
	App   string `json:"app"`
	Email string `json:"email"`
}

// Body is what is sent. Answer is where the customer answers who is asked.
func Body(n store.Notice, answer string) ([]byte, error) {
	c, app := n.Case, n.Case.Flow.App
	data := Data{
		Case: c.ID, Flow: c.Flow.Name, App: app.Name, Actor: Person{c.Requester.Email, c.Requester.Name}, Subject: Subject{c.Account.ID, c.Account.Name},
		Scope: grant.Scope(*app), Reason: c.Reason,
	}
	if c.Grant != nil {
		data.OpenedAt, data.Until = c.Grant.OpenedAt, c.Grant.Until
	}
	switch e := n.Event.Body.(type) {
	case approval.GrantEnded:
		data.End = &End{How: e.End, Why: e.Why}
		if e.By.ID != "" {
			data.End.By = &Person{e.By.Email, e.By.Name}
		}
	case approval.Misused:
		data.Misuse = &Misuse{e.App, e.Email}
	}
	switch n.Kind {
	case approval.ConsentAsked, approval.ConsentReminded:
		data.Consent = &Consent{URL: answer, Until: c.PendingAt.Add(c.Flow.Policy.Timeout), Duration: c.Duration.String()}
	case approval.ConsentOver:
		data.Consent = &Consent{Status: c.Status, By: decider(c)}
	case approval.NoNotice, approval.GrantOpened, approval.GrantExtended, approval.GrantOver, approval.LinkMisused:
	}
	if app.HideReason {
		data.Reason = ""
		if data.End != nil {
			data.End.Why = ""
		}
	}
	body, err := json.Marshal(Notice{n.Kind, n.Event.At, data})
	if err != nil {
		return nil, fmt.Errorf("writing a notice of case %s: %w", c.ID, err)
	}
	return body, nil
}

// decider is who decided last; nil where time or the rules did.
func decider(c approval.Case) *Person {
	by := approval.Person{}
	switch {
	case c.Closed != nil:
		by = c.Closed.By
	case len(c.Approvals) > 0:
		by = c.Approvals[len(c.Approvals)-1].By
	}
	if by.ID == "" {
		return nil
	}
	return &Person{by.Email, by.Name}
}

// Secret is a key as apps' libraries take it.
func Secret(key []byte) string { return "whsec_" + base64.StdEncoding.EncodeToString(key) }

// sign is the signature of version 1. Source: Standard Webhooks, "Signature scheme".
func sign(key []byte, id, sent string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, sent, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
