// Package provision makes flows of records: a record is a provisioned flow as
// people write it, in a file, in Terraform or over HTTP.
//
// It goes one way. A [Record] is read and checked against the Go flows that the
// program has; what it can't be is a list of [Problem]s, each of which names the
// field. A [Planner] says what a record would change, what the world lacks for
// it, and how past cases would have been decided. Only then does it become a
// version of a flow in the store.
package provision

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// Record is a provisioned flow as people write it. Times are written as in Go,
// such as "15m" or "1h30m".
type Record struct {
	Name string `json:"name"`
	// Implementation names the Go flow that it runs. Empty means the flow's own name.
	Implementation string            `json:"implementation,omitempty"`
	Params         map[string]string `json:"params,omitempty"`
	// Command is the slash command that opens its form. Empty means DefaultCommand.
	Command string `json:"command,omitempty"`
	// Durations are what requesters are offered, Default the one that is
	// preselected; empty means the first.
	Durations []string `json:"durations"`
	Default   string   `json:"default_duration,omitempty"`
	// Longest is how long an access may last with all its extensions. Empty means
	// that each extension is bounded, and their number isn't.
	Longest string `json:"longest,omitempty"`
	// Requesters are the handles of the user groups whose members may ask. None
	// means that every member of the workspace may.
	Requesters []string `json:"requesters,omitempty"`
	// Viewers are the handles of the user groups whose members see the flow's
	// cases, Revokers of those who see them and may revoke their grants; besides
	// those who take part in them.
	Viewers  []string `json:"viewers,omitempty"`
	Revokers []string `json:"revokers,omitempty"`
	// Timeout is how long people have to decide; empty means an hour.
	Timeout string `json:"timeout,omitempty"`
	// Remind is when the undecided are reminded, since they were asked. Absent
	// means after 5, 15 and 45 minutes, an empty list never.
	Remind []string `json:"remind"`
	// Warn is how long before a grant's end its requester is told; "0s" never.
	// Empty means 5 minutes.
	Warn string `json:"warn,omitempty"`
	// DenyReason is "optional", "required" or "none".
	DenyReason string `json:"deny_reason,omitempty"`
	// App is the customer's app that its grants open. Without one the bot gives
	// the permission, and the app takes nobody's word for it.
	App *App `json:"app,omitempty"`
	// Labels are the team's own words on it; nothing reads them.
	Labels map[string]string `json:"labels,omitempty"`
}

// DefaultCommand opens the form of every flow that names no other.
const DefaultCommand = view.Command

// Problem is why a record can't be provisioned: what is wrong with a field, and
// what to write instead.
type Problem struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

func (p Problem) Error() string { return p.Field + ": " + p.Text }

func problem(field, format string, args ...any) Problem {
	return Problem{field, fmt.Sprintf(format, args...)}
}

// Flow is the flow that the record describes, and every problem that is known
// without asking anybody. The flow is to be used only if there is none.
func (r Record) Flow(rules map[string]flows.Flow) (store.Flow, []Problem) {
	rule, known := rules[r.Rules()]
	if !known {
		field := "name"
		if r.Implementation != "" {
			field = "implementation"
		}
		return store.Flow{Name: r.Name}, []Problem{problem(field, "there are no such rules; there are: %s", strings.Join(slices.Sorted(maps.Keys(rules)), ", "))}
	}
	problems := slices.Concat(r.checkNames(), r.checkParams(rule))
	durations, wrong := r.readDurations()
	standard, alsoWrong := r.readDefault(durations)
	policy, more := r.readPolicy()
	var tooShort *Problem
	policy.Longest, tooShort = r.readLongest(durations)
	app, unfit := r.readApp()
	for _, p := range []*Problem{wrong, alsoWrong, tooShort} {
		if p != nil {
			problems = append(problems, *p)
		}
	}
	return store.Flow{
		Name: r.Name, Implementation: r.implementation(), Fingerprint: rule.Fingerprint(), Command: r.command(),
		Params: r.Params, Durations: durations, Default: standard, Requesters: r.Requesters, Policy: policy, App: app, Labels: r.Labels,
	}, slices.Concat(problems, more, unfit)
}

// Rules is the name of the Go flow that it runs.
func (r Record) Rules() string { return cmp.Or(r.Implementation, r.Name) }

// implementation and command are empty where they say what is so anyway.
func (r Record) implementation() string { return unless(r.Implementation, r.Name) }
func (r Record) command() string        { return unless(r.Command, DefaultCommand) }

func unless(value, standard string) string {
	if value == standard {
		return ""
	}
	return value
}

var (
	flowName    = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)
	slashName   = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)
	groupHandle = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,79}$`)
)

// SlashCommand says whether Slack takes this as the name of a slash command.
func SlashCommand(name string) bool { return slashName.MatchString(name) }

const (
	mostLabels   = 20
	longestLabel = 200
	mostGroups   = 20
	// mostOverseers is fewer: each of them is asked for whenever a Home is shown,
	// and Slack allows few such calls a minute.
	mostOverseers = 5
)

func checkGroups(field string, handles []string, most int) (problems []Problem) {
	if len(handles) > most {
		problems = append(problems, problem(field, "%d groups; give %d at most", len(handles), most))
	}
	for i, handle := range handles {
		if !groupHandle.MatchString(handle) || slices.Contains(handles[:i], handle) {
			problems = append(problems, problem(field, "%q isn't the handle of one more user group, without the @", handle))
		}
	}
	return problems
}

func (r Record) checkNames() (problems []Problem) {
	if !flowName.MatchString(r.Name) {
		problems = append(problems, problem("name", "%q isn't a name of a-z, 0-9, - and _, of 63 characters at most", r.Name))
	}
	if r.Command != "" && !SlashCommand(r.Command) {
		problems = append(problems, problem("command", "%q isn't a slash command, such as %q", r.Command, DefaultCommand))
	}
	problems = slices.Concat(problems, checkGroups("requesters", r.Requesters, mostGroups),
		checkGroups("viewers", r.Viewers, mostOverseers), checkGroups("revokers", r.Revokers, mostOverseers))
	if len(r.Labels) > mostLabels {
		problems = append(problems, problem("labels", "%d labels; give %d at most", len(r.Labels), mostLabels))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Labels)) {
		if key == "" || len(key)+len(r.Labels[key]) > longestLabel || !Printable(key) || !Printable(r.Labels[key]) {
			problems = append(problems, problem("labels", "%.40q has no name, characters that nobody sees, or more than %d bytes", key, longestLabel))
		}
	}
	return problems
}
