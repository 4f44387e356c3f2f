package demo

import (
	"cmp"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
)

// names are the people's, by id.
type names map[string]string

func namesOf(people []slacksim.PersonInfo) names {
	n := names{}
	for _, one := range people {
		n[one.ID] = one.Name
	}
	return n
}

func (n names) of(id string) string { return cmp.Or(n[id], "somebody") }

// deed says what a line of the log says.
func (l logged) deed(n names) page.Deed {
	d := page.Deed{At: l.at, Kind: page.Recorded, Text: l.words(n), Exact: l.Message, Wrong: l.Level == "error" || l.Level == "warn"}
	if l.Case == "" {
		d.Kind, d.Exact = page.Backstage, ""
		return d
	}
	d.About = strings.TrimSpace(l.Account + " …" + l.Case[max(0, len(l.Case)-4):])
	return d
}

// words are an event of a case in a sentence; any other line says it itself.
func (l logged) words(n names) string {
	switch l.Message {
	case "submitted":
		return n.of(l.Requester) + " asks for " + l.Account
	case "delayed":
		return "It can't be decided yet, and is tried again: " + l.Why
	case "allowed":
		return "A rule allows it"
	case "rejected":
		return "A rule denies it"
	case "refused":
		return "It can't be decided, so it is refused"
	case "asked":
		return "Asks " + heads(l.Asked) + ": " + l.Route
	case "rerouted":
		return "Nobody there can be reached: the next ones of the route are asked"
	case "escalated":
		return "Nobody answers: others are asked as well"
	case "shift_changed":
		return "The shift changes: who came on call is asked"
	case "missed":
		return n.of(l.Person) + " can't be reached: " + l.Why
	case "reminded":
		return "Whoever hasn't decided is reminded"
	case "timed_out":
		return "Nobody decides in time"
	case "granted":
		return "Access begins"
	case "extended":
		return "Access goes on longer"
	case "merged":
		return "Its time is added to that of another request"
	case "warned":
		return "Access ends soon"
	case "grant_ended":
		return l.ended(n)
	}
	return l.deeded(n)
}

// deeded are the events that are a person's doing.
func (l logged) deeded(n names) string {
	switch l.Message {
	case "claimed":
		return n.of(l.By) + " is looking at it"
	case "unclaimed":
		return "Nobody is looking at it any more"
	case "nudged":
		return "The requester nudges"
	case "approved":
		return n.of(l.By) + " approves"
	case "denied":
		return n.of(l.By) + " denies"
	case "cancelled":
		return "The requester takes it back"
	}
	return strings.ToUpper(l.Message[:1]) + l.Message[1:]
}

func (l logged) ended(n names) string {
	switch l.End {
	case "released":
		return "The requester ends the access early"
	case "revoked":
		return n.of(l.By) + " revokes the access"
	}
	return "Access ends: its time is over"
}

func heads(count int) string {
	if count == 1 {
		return "1 person"
	}
	return strconv.Itoa(count) + " people"
}

// callDeeds say what the bot called Slack for, and what Slack answered. The same
// call after one that failed is another try.
func callDeeds(calls []slacksim.Call, n names) []page.Deed {
	failed := map[string]bool{}
	deeds := make([]page.Deed, len(calls))
	for i, c := range calls {
		key := strings.Join([]string{c.Method, c.Args["channel"], c.Args["ts"], c.Args["user"], c.Args["user_id"], c.Args["view_id"], c.Args["text"]}, "\n")
		d := page.Deed{At: c.Time, Kind: page.Called, Text: callWords(c, n), Exact: c.Method, Wrong: c.Error != "" && !closed(c)}
		if failed[key] {
			d.Text = "Again: " + d.Text
		}
		if failed[key] = d.Wrong; c.Error != "" {
			d.Text += ". " + answerWords(c)
		}
		deeds[i] = d
	}
	return deeds
}

func callWords(c slacksim.Call, n names) string {
	to := n.of(cmp.Or(c.Person, c.Args["user"], c.Args["user_id"]))
	if c.Person == "" && c.Args["channel"] != "" {
		to = "a channel"
	}
	switch c.Method {
	case "apps.connections.open":
		return "Opens a connection to Slack"
	case "auth.test":
		return "Asks Slack which bot it is"
	case "chat.postMessage":
		return "Sends " + to + " a message" + quoted(c, n)
	case "chat.update":
		return "Changes " + to + "'s message" + quoted(c, n)
	case "chat.postEphemeral", "response_url":
		return "Answers " + to + " privately" + quoted(c, n)
	case "chat.getPermalink":
		return "Asks Slack for the link to a message"
	case "conversations.history":
		return "Looks whether " + to + " has the message already"
	case "conversations.open":
		return "Opens a conversation"
	case "views.open", "views.push":
		return "Shows " + to + " a form"
	case "views.update":
		return "Changes an open form"
	case "views.publish":
		return "Shows " + to + " what is new on their Home"
	case "users.info":
		return "Looks " + to + " up"
	case "users.lookupByEmail":
		return "Looks for who has the address " + c.Args["email"]
	case "usergroups.list", "usergroups.users.list":
		return "Looks up who is in a group"
	}
	return "Calls Slack"
}

// quoted is the line by which Slack notifies of a message.
func quoted(c slacksim.Call, n names) string {
	line, _, more := strings.Cut(n.read(c.Args["text"]), "\n")
	if line == "" {
		return ""
	}
	if more {
		line += " …"
	}
	return ": “" + line + "”"
}

// marked is a time or a person in the text of a message.
var marked = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>|<@([A-Z0-9]+)>`)

// read is a message's text as people read it.
func (n names) read(text string) string {
	return html.UnescapeString(marked.ReplaceAllStringFunc(text, func(mark string) string {
		found := marked.FindStringSubmatch(mark)
		if found[2] != "" {
			return n.of(found[2])
		}
		return found[1]
	}))
}

// closed says whether a form was meant that its reader has closed.
func closed(c slacksim.Call) bool { return c.Method == "views.update" && c.Error == "not_found" }

func answerWords(c slacksim.Call) string {
	if closed(c) {
		return "It is closed already"
	}
	switch c.Error {
	case "ratelimited":
		return "Slack answers 429, too many calls: it tries again later"
	case "hash_conflict":
		return "Slack has a newer one already"
	case "hang", "answer lost":
		return "No answer came"
	}
	return "Slack answers " + c.Error
}
