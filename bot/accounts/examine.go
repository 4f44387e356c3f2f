package accounts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/loopback"
)

// Finding is what one check of a directory found.
type Finding struct {
	// Check says what is to be so.
	Check string `json:"check"`
	// Problem is what is so instead, and what to do. Empty: all is well.
	Problem string `json:"problem,omitzero"`
	// Millis is how long the directory took.
	Millis int64 `json:"millis"`
}

// Examination is what a directory is like.
type Examination struct {
	Findings []Finding `json:"checks"`
	// Sampled is how many accounts' facts were looked at.
	Sampled int     `json:"sampled"`
	Fields  []Share `json:"fields"`
}

// Problems is how many checks found something wrong.
func (e *Examination) Problems() int {
	n := 0
	for _, finding := range e.Findings {
		if finding.Problem != "" {
			n++
		}
	}
	return n
}

// Examine asks a directory as the bot does, for the person of this e-mail, and
// says what about its answers isn't as docs/directory.md wants it. ID is an
// account that it has; empty is any. Sample is of how many accounts the facts
// are looked at. It only reads.
func Examine(ctx context.Context, d Directory, id, email string, sample int) Examination {
	e := &examiner{ctx: ctx, directory: d, id: id, email: email}
	if !e.answers() {
		return e.Examination // and all else would say the same
	}
	e.searches()
	if e.id != "" && e.known() {
		e.finds()
		e.facts()
		e.people()
	}
	if remote, ok := d.(*Remote); ok {
		e.token(remote)
	}
	e.sample(sample)
	return e.Examination
}

// examiner is an examination that goes on.
type examiner struct {
	Examination
	ctx       context.Context //nolint:containedctx // an examination is one call
	directory Directory
	id, email string
	listed    []Account // for an empty query
	account   Account   // of the id, as facts say it
}

// check notes what a check found.
func (e *examiner) check(what string, find func() error) {
	begin := time.Now()
	finding := Finding{Check: what}
	if err := find(); err != nil {
		finding.Problem = err.Error()
	}
	finding.Millis = time.Since(begin).Milliseconds()
	e.Findings = append(e.Findings, finding)
}

func (e *examiner) search(query string) ([]Account, error) {
	return e.directory.Search(e.ctx, query, e.email, MaxResults)
}

// slow is how long Slack's list of suggestions leaves the directory.
const slow = 2 * time.Second

// answers looks whether there are answers at all.
func (e *examiner) answers() (ok bool) {
	e.check("a search for nothing answers accounts", func() (err error) {
		begin := time.Now()
		if e.listed, err = e.search(""); err != nil {
			return err
		}
		ok = true
		if len(e.listed) == 0 {
			return errors.New("it found none: answer an empty query with the person's accounts, and then others")
		}
		if took := time.Since(begin); took > slow {
			return fmt.Errorf("it took %s: people who type see nothing after %s, make it faster", took.Round(time.Millisecond), slow)
		}
		return nil
	})
	return ok
}

func (e *examiner) searches() {
	e.check("each account is listed once", func() error {
		seen := map[string]bool{}
		for _, account := range e.listed {
			if seen[account.ID] {
				return fmt.Errorf("%q is there twice: give each account its own id, and answer it once", account.ID)
			}
			seen[account.ID] = true
		}
		return nil
	})
	e.check("accounts assigned to the person come first", func() error {
		others := false
		for _, account := range e.listed {
			if mine := account.AssignedTo(e.email); mine && others {
				return fmt.Errorf("%q is assigned to %s and comes after others: put those first", account.ID, e.email)
			} else if !mine {
				others = true
			}
		}
		return nil
	})
	e.check("no more accounts are answered than were asked for", func() error { return e.limit() })
	e.check("what nobody is called finds nothing", func() error {
		found, err := e.search("no customer is called zqxv 7f3a91")
		if err == nil && len(found) > 0 {
			return fmt.Errorf("it found %d accounts, such as %q: answer only those whose name or id has what was typed", len(found), found[0].ID)
		}
		return err
	})
	e.check("whatever is typed is text", func() error {
		for _, typed := range []string{`'`, `"`, `\`, `%`, `_`, `';--`, `' OR '1'='1`, `$1`, `(`, `[`, `*`, `<b>`, "\u202e", `東京 😀`, strings.Repeat("x", 75)} {
			if _, err := e.search(typed); err != nil {
				return fmt.Errorf("%.20q is answered by an error, so pass what is typed as a parameter, never as a part of a query: %w", typed, err)
			}
		}
		return nil
	})
	if e.id == "" && len(e.listed) > 0 {
		e.id = e.listed[0].ID
	}
}

// limit asks for one account, and takes all that are answered.
func (e *examiner) limit() error {
	var found []Account
	var err error
	if remote, ok := e.directory.(*Remote); ok {
		found, err = remote.search(e.ctx, asked{"", e.email, 1})
	} else {
		found, err = e.directory.Search(e.ctx, "", e.email, 1)
	}
	if err == nil && len(found) > 1 {
		return fmt.Errorf("it answered %d for the limit 1: answer no more than the limit", len(found))
	}
	return err
}

// known looks whether there is the account at all.
func (e *examiner) known() bool {
	e.check("an account is known by its id", func() (err error) {
		e.account, err = e.directory.Get(e.ctx, e.id, e.email)
		if errors.Is(err, ErrNotFound) {
			return fmt.Errorf("it doesn't know %q: name one that it has with --id; if it has this one, answer its facts (of a service, 404 may also mean another URL)", e.id)
		}
		return err
	})
	return e.account.ID != ""
}

// finds looks for the account as people do.
func (e *examiner) finds() {
	e.check("a search for the id finds the account, first of all", func() error {
		found, err := e.search(e.id)
		if err == nil && (len(found) == 0 || found[0].ID != e.id) {
			return fmt.Errorf("%q isn't the first of %d accounts: look for the id, too, and put an account of exactly this id first", e.id, len(found))
		}
		return err
	})
	e.check("a search for the name finds the account", func() error { return e.isAmong(e.account.Name) })
	e.check("a search for the beginning of the name finds the account, also in capitals", func() error {
		return e.isAmong(strings.ToUpper(beginning(e.account.Name)))
	})
}

func (e *examiner) isAmong(query string) error {
	found, err := e.search(query)
	has := slices.ContainsFunc(found, func(a Account) bool { return a.ID == e.id })
	if err == nil && !has && len(found) < MaxResults {
		return fmt.Errorf("%q isn't among the %d accounts for %q: look for parts of names, without regard to case", e.id, len(found), query)
	}
	return err
}

// beginning is the first three letters.
func beginning(name string) string {
	runes := []rune(name)
	return string(runes[:min(3, len(runes))])
}

// facts looks at what is said of the account.
func (e *examiner) facts() {
	e.check("searches and facts say the same of an account", func() error {
		for _, listed := range e.listed {
			switch {
			case listed.ID != e.account.ID:
			case listed.Name != e.account.Name:
				return fmt.Errorf("%q is called %q and %q: answer both from the same state", e.id, listed.Name, e.account.Name)
			case listed.Plan != "" && listed.Plan != e.account.Plan:
				return fmt.Errorf("%q has the plans %q and %q: answer both from the same state", e.id, listed.Plan, e.account.Plan)
			case !listed.AssignmentUnknown && listed.AssignedTo(e.email) != e.account.AssignedTo(e.email):
				return fmt.Errorf("%q is assigned to %s in one and not in the other: answer both from the same state", e.id, e.email)
			}
		}
		return nil
	})
	e.check("an account that doesn't exist isn't found", func() error {
		return e.unknown("understudy-no-such-account")
	})
	e.check("an id in other letters is another account", func() error {
		for _, other := range []string{strings.ToUpper(e.id), strings.ToLower(e.id)} {
			if other == e.id {
				continue
			}
			if account, err := e.directory.Get(e.ctx, other, e.email); err == nil && account.ID == other {
				continue // there is one of this id, too
			}
			if err := e.unknown(other); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *examiner) unknown(id string) error {
	_, err := e.directory.Get(e.ctx, id, e.email)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err == nil:
		return fmt.Errorf("it has facts of %q: answer that there is no such account", id)
	}
	if _, another := errors.AsType[*otherAccountError](err); another {
		return err
	}
	return fmt.Errorf("%w: a service answers 404 for it, and a query no row", err)
}

// people looks at what depends on the person.
func (e *examiner) people() {
	e.check("the letters' case of an e-mail doesn't count", func() error {
		for _, other := range []string{strings.ToUpper(e.email), strings.ToLower(e.email)} {
			account, err := e.directory.Get(e.ctx, e.id, other)
			if err != nil {
				return err
			}
			if account.AssignedTo(other) != e.account.AssignedTo(e.email) {
				return fmt.Errorf("%q is assigned to one of %s and %s only: compare e-mails in lower case", e.id, e.email, other)
			}
		}
		return nil
	})
	e.check("nothing is assigned to a stranger", func() error {
		const stranger = "stranger@understudy.invalid"
		account, err := e.directory.Get(e.ctx, e.id, stranger)
		if err == nil && account.AssignedTo(stranger) {
			return fmt.Errorf("%q is assigned to %s, whom nobody knows: say whether it is assigned to the person who asks", e.id, stranger)
		}
		return err
	})
	e.check("a person without an e-mail may ask", func() error {
		if _, err := e.directory.Get(e.ctx, e.id, ""); err != nil {
			return fmt.Errorf("%w: take null for the e-mail, and say that nothing is assigned", err)
		}
		return nil
	})
}

// token looks whether a service answers anybody.
func (e *examiner) token(r *Remote) {
	near := loopback.Is(hostOf(r.url))
	if r.token == "" && near {
		return
	}
	e.check("nobody is answered without the token", func() error {
		if r.token == "" {
			return errors.New("it is asked without one, so whoever reaches it can list your customers: have it ask for a bearer token, and set that in UNDERSTUDY_ACCOUNTS_TOKEN")
		}
		for _, token := range []string{"", "not-" + r.token} {
			what := "without a token"
			if token != "" {
				what = "with another token"
			}
			other := &Remote{url: r.url, token: token, client: r.client}
			_, err := other.search(e.ctx, asked{"", e.email, 1})
			if is, ok := errors.AsType[statusError](err); ok && (is == http.StatusUnauthorized || is == http.StatusForbidden) {
				continue
			}
			if err == nil {
				return fmt.Errorf("it answers %s: answer 401, or whoever reaches it can list your customers", what)
			}
			return fmt.Errorf("%s it should answer 401: %w", what, err)
		}
		return nil
	})
}
