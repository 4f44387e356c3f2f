// Package people turns the legs of a route into Slack users: a schedule into
// who is on call, a user group into its members, an e-mail into a person.
//
// PagerDuty says who is on call, as rows: one for each person, escalation
// policy, level and shift. A [Directory] reads all of them, keeps those of the
// schedule that was asked for, and makes one person of them whatever their
// number. A schedule in no escalation policy has no rows; then the schedule's own
// on-call users are asked for. From there the way is always the same: e-mail, the
// overrides, Slack's users.lookupByEmail, and users.info for what is true of the
// account now.
//
// Two ideas make it safe to decide upon. First, one person who can't be asked
// doesn't fail the others: whoever has no Slack account, is deactivated, a guest,
// a bot or of another workspace is returned as [Unusable] with a reason for people,
// and never as somebody who may decide. Second, every answer has an age. A fresh one is
// reused for seconds; while PagerDuty is down or limits us the last one is given for
// a quarter of an hour, less those whose shift has ended meanwhile; after that
// there is an error. What Slack says of a person is never older than ten seconds.
//
// It stores nothing, changes nothing, and only reads: so every call may be
// repeated.
package people

import (
	"errors"
	"net/http"
	"time"

	"github.com/PagerDuty/go-pagerduty"
	"github.com/rs/zerolog"
	"github.com/slack-go/slack"
)

// ErrUnknown says that there is no such person, schedule or group. It's final;
// every other error is worth trying again.
var ErrUnknown = errors.New("unknown")

// ErrSlack says that Slack doesn't answer now, or limits us. Who is meant may be
// well known; only nobody can say yet what Slack knows of them.
var ErrSlack = errors.New("no answer of Slack")

// ErrToken says that PagerDuty doesn't know the key that it was given.
var ErrToken = errors.New("PagerDuty refuses PAGERDUTY_TOKEN (401): give it a REST API key that is still valid")

// How old an answer may be.
const (
	freshRoster = 30 * time.Second // who is on call, who is in a group
	staleRoster = 15 * time.Minute // who is on call, while PagerDuty doesn't say
	retryRoster = 10 * time.Second // after a failure, while there is a stale answer
	freshEmail  = time.Minute      // whose e-mail it is
	freshFacts  = 10 * time.Second // what bars a person
	freshGroups = time.Minute      // which groups there are: 20 calls a minute are allowed
)

// Options are what a Directory needs.
type Options struct {
	Slack *slack.Client
	// PagerDutyToken is a REST API key; read-only is enough.
	PagerDutyToken string
	// PagerDutyURL is where the API is; empty means PagerDuty's own.
	PagerDutyURL string
	// TeamID is the workspace. People of others are barred; empty bars only
	// those whom Slack itself calls strangers.
	TeamID string
	// Overrides maps an e-mail that others know a person by to their e-mail or
	// user id in Slack.
	Overrides map[string]string
	// Transport carries the calls to PagerDuty; nil means [http.DefaultTransport].
	Transport http.RoundTripper
	Log       zerolog.Logger
}

// Directory finds people. It may be used from many goroutines.
type Directory struct {
	slack     *slack.Client
	pager     *pagerduty.Client // nil without a token
	pagerURL  string
	teamID    string
	overrides map[string]string
	log       zerolog.Logger

	rosters memo[roster]            // by schedule id
	facts   memo[User]              // by user id
	emails  memo[string]            // by e-mail: the user id, empty if nobody has it
	groups  memo[[]slack.UserGroup] // one entry
	members memo[[]string]          // by group id: user ids
}

// New returns a Directory. It makes no call.
func New(o Options) *Directory {
	d := &Directory{slack: o.Slack, teamID: o.TeamID, log: o.Log, overrides: map[string]string{}}
	for from, to := range o.Overrides {
		d.overrides[foldEmail(from)] = to
	}
	d.pager, d.pagerURL = newPager(o)
	d.rosters = memo[roster]{fresh: freshRoster, stale: staleRoster, pause: retryRoster, stillFresh: roster.unchanged, spare: isOutage}
	d.facts = memo[User]{fresh: freshFacts}
	d.emails = memo[string]{fresh: freshEmail}
	d.groups = memo[[]slack.UserGroup]{fresh: freshGroups}
	d.members = memo[[]string]{fresh: freshRoster}
	return d
}
