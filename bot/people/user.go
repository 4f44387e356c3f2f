package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// User is a person with a Slack account.
type User struct {
	ID, Name, Email string
	TimeZone        string // as in "Europe/Oslo"
	// Title is what their profile says they do, Photo the https address of their
	// picture; either may be empty.
	Title, Photo string
	// Barred is why this person may neither ask nor decide; empty if they may.
	Barred string
}

// ErrUnknown from Slack, by its own words for it.
const (
	errNoUser    = "user_not_found"
	errNoEmail   = "users_not_found"
	errInvisible = "user_not_visible"
	errNoGroup   = "no_such_subteam"
)

// ByID returns the person with this Slack user id. What bars them is known
// for ten seconds at most.
func (d *Directory) ByID(ctx context.Context, id string) (User, error) {
	known, err := d.facts.get(ctx, id, func(ctx context.Context) (User, error) { return d.userInfo(ctx, id) })
	if err != nil {
		return User{}, fmt.Errorf("looking up Slack user %s: %w", id, err)
	}
	return known.value, nil
}

// Forget has the person looked up anew the next time: Slack told that they
// aren't what they were.
func (d *Directory) Forget(id string) { d.facts.forget(id) }

// ByEmail returns the person with this e-mail, or whom the overrides name for
// it. E-mails are compared without case.
func (d *Directory) ByEmail(ctx context.Context, email string) (User, error) {
	target := d.inSlack(email)
	if target == "" {
		return User{}, fmt.Errorf("looking up a person without an e-mail: %w", ErrUnknown)
	}
	if !strings.Contains(target, "@") {
		return d.ByID(ctx, target)
	}
	id, err := d.emails.get(ctx, target, func(ctx context.Context) (string, error) { return d.userID(ctx, target) })
	if err != nil {
		return User{}, fmt.Errorf("looking up %s in Slack: %w", target, err)
	}
	if id.value == "" {
		return User{}, fmt.Errorf("looking up %s in Slack: %w: no account has this e-mail", target, ErrUnknown)
	}
	return d.ByID(ctx, id.value)
}

// inSlack is the e-mail or user id that Slack knows somebody by.
func (d *Directory) inSlack(email string) string {
	email = foldEmail(email)
	target := cmp.Or(strings.TrimSpace(d.overrides[email]), email)
	if strings.Contains(target, "@") {
		return foldEmail(target)
	}
	return target
}

func foldEmail(email string) string { return approval.FoldEmail(strings.TrimSpace(email)) }

// userID is empty if no account has the e-mail. That is an answer too: it is
// remembered, because Slack allows few of these calls.
func (d *Directory) userID(ctx context.Context, email string) (string, error) {
	var found *slack.User
	err := patiently(ctx, func(ctx context.Context) (err error) {
		found, err = d.slack.GetUserByEmailContext(ctx, email)
		return err
	})
	switch {
	case errors.Is(err, ErrUnknown):
		return "", nil
	case err != nil:
		return "", err
	case found.ID == "":
		return "", errors.New("users.lookupByEmail answered without a user")
	}
	return found.ID, nil
}

func (d *Directory) userInfo(ctx context.Context, id string) (User, error) {
	var found *slack.User
	err := patiently(ctx, func(ctx context.Context) (err error) {
		found, err = d.slack.GetUserInfoContext(ctx, id)
		return err
	})
	if err != nil {
		return User{}, err
	}
	if found.ID != id {
		return User{}, errors.New("users.info answered for somebody else")
	}
	return User{
		ID:       found.ID,
		Name:     cmp.Or(found.Profile.RealName, found.RealName, found.Profile.DisplayName, found.Name, found.ID),
		Email:    found.Profile.Email,
		TimeZone: found.TZ,
		Title:    strings.TrimSpace(found.Profile.Title),
		Photo:    photo(found.Profile.Image72),
		Barred:   d.bar(found),
	}, nil
}

// photo is the address of a picture that Slack keeps itself; empty for any
// other. Slack refuses a message with a picture that it can't fetch, and what
// others keep may be gone, or count who looks.
func photo(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || !strings.HasSuffix(u.Hostname(), ".slack-edge.com") {
		return ""
	}
	return u.String()
}

// bar says in a sentence why somebody may neither ask nor decide.
func (d *Directory) bar(u *slack.User) string {
	switch {
	case u.Deleted:
		return "their Slack account is deactivated"
	case u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == "USLACKBOT":
		return "bots can neither ask nor decide"
	case u.IsStranger || !d.isHome(u):
		return "people of other workspaces can neither ask nor decide"
	case u.IsRestricted || u.IsUltraRestricted:
		return "guests can neither ask nor decide"
	}
	return ""
}

// isHome says whether somebody belongs to the workspace, by itself or as one
// of an organisation's.
func (d *Directory) isHome(u *slack.User) bool {
	return d.teamID == "" || u.TeamID == d.teamID || slices.Contains(u.Enterprise.Teams, d.teamID)
}
