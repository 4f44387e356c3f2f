package view

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
)

// CommandWord is what the slash command is asked to do.
type CommandWord string

// What the slash command can be asked to do.
const (
	AskWord    CommandWord = "ask"    // open the form
	HelpWord   CommandWord = "help"   // say what can be typed
	StatusWord CommandWord = "status" // say what is open
	EndWord    CommandWord = "end"    // end an access
)

// Typed is what somebody typed after the slash command.
type Typed struct {
	Word     CommandWord
	Account  string // a name, an id or a part of one; may be empty
	Reason   string
	Duration time.Duration // zero if none was typed
}

// ReadCommand reads what was typed: a word of its own (help, status, end, or end
// and an account), or else ACCOUNT because REASON for DURATION, of which each
// part may be missing. Names may have any of these words in them: the reason
// begins at the first "because", and only what is a duration, at the end, is one.
func ReadCommand(text string) Typed {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Typed{Word: AskWord}
	}
	switch word := CommandWord(strings.ToLower(words[0])); {
	case len(words) == 1 && (word == HelpWord || word == StatusWord || word == EndWord):
		return Typed{Word: word}
	case word == EndWord:
		return Typed{Word: EndWord, Account: strings.Join(words[1:], " ")}
	}
	t := Typed{Word: AskWord}
	words, t.Duration = withoutDuration(words)
	for i, word := range words {
		if strings.EqualFold(word, "because") {
			t.Account, t.Reason = strings.Join(words[:i], " "), strings.Join(words[i+1:], " ")
			return t
		}
	}
	t.Account = strings.Join(words, " ")
	return t
}

// withoutDuration takes "for 30m", "for 1h30m" or "for 2 hours" off the end.
func withoutDuration(words []string) ([]string, time.Duration) {
	for _, length := range []int{2, 3} {
		at := len(words) - length
		if at < 0 || !strings.EqualFold(words[at], "for") {
			continue
		}
		if d := typedDuration(strings.ToLower(strings.Join(words[at+1:], ""))); d > 0 {
			return words[:at], d
		}
	}
	return words, 0
}

var spoken = regexp.MustCompile(`^([0-9]{1,4})(minutes?|mins?|hours?|hrs?|days?)$`)

func typedDuration(text string) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	parts := spoken.FindStringSubmatch(text)
	if parts == nil {
		return 0
	}
	n, _ := strconv.Atoi(parts[1]) // it is a few digits
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[parts[2][0]]
	return time.Duration(n) * unit
}

// NotOffered says that the flow doesn't offer the duration that was typed.
func NotOffered(d time.Duration) string {
	return "Access for " + string(span(d)) + " isn't offered. Pick how long below."
}

// Help says what can be typed after the slash command.
func Help() string {
	c := Command
	return "`" + c + "` opens the form to ask. The rest can be filled in already:\n" +
		"• `" + c + " acct_42 because the invoice page fails for 30m`: the customer's name or id, why, and for how long. You still send the form yourself.\n" +
		"• `" + c + " status`: what you have asked for and what you may use now\n" +
		"• `" + c + " end`: end your access now; `" + c + " end acct_42` if you have several\n" +
		"• *" + Shortcut + "* in the menu “More actions” (⋯) of a message opens the form with a link to that message, and with the customer if it names one.\n" +
		"What waits for your decision is in your messages with this bot and in its Home tab."
}

// Status says how the requester's own open cases stand.
func Status(own []approval.Case) string {
	if len(own) == 0 {
		return sentence{text("You have no open request and no access. To ask, type " + Command + ".")}.mrkdwn()
	}
	return append(sentence{text("Your requests and accesses:")}, bullets(own)...).mrkdwn()
}

// bullets are the first of the requester's own cases, each in a line.
func bullets(own []approval.Case) (s sentence) {
	for _, c := range own[:min(len(own), maxStatus)] {
		s = append(append(s, text("\n• ")), line(c, c.Requester.ID)...)
	}
	if len(own) > maxStatus {
		s = append(s, text("\nThere are more: the Home tab has all of them."))
	}
	return s
}

// maxStatus keeps an answer short, whatever the names in it.
const maxStatus = 4

// NothingToEnd says that the requester has no running access, or none of this
// account.
func NothingToEnd(account string) string {
	if account == "" {
		return sentence{text("You have no access that runs, so nothing was ended. " + Command + " status says what you have asked for.")}.mrkdwn()
	}
	return sentence{text("You have no access that runs for “"), typed(account), text("”, so nothing was ended. " + Command + " status says what you have.")}.mrkdwn()
}

// WhichToEnd asks for one of several.
func WhichToEnd(running []approval.Case) string {
	s := sentence{text("You have several accesses that run, so none was ended. Say which, for example "), coded(Command + " end " + string(homeCoded(running[0].Account.ID))), text(":")}
	return append(s, bullets(running)...).mrkdwn()
}

// EndedNow says that the access is over.
func EndedNow(c approval.Case) string {
	return sentence{text("Your access to "), named(c.Account.Name), text(" is over. Thank you for ending it early.")}.mrkdwn()
}
