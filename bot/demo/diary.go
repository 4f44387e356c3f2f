package demo

import (
	"bufio"
	"cmp"
	"encoding/json"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
)

// diary is what the demo's bot did, for the visitor: what it recorded, which is
// in its log, and what it called Slack for, which the workspace remembers. Of
// both it takes only what it has words for (diary_words.go), so that no token,
// trigger or address reaches the page.
type diary struct {
	ws *slacksim.Workspace

	mu     sync.Mutex
	logged []logged
	staged []page.Deed
}

// logged is a line of the bot's log, with what the diary has words for. The
// time is when it was read: the bot's own clock may be ahead.
type logged struct {
	at        time.Time
	Level     string `json:"level"`
	Message   string `json:"message"`
	Case      string `json:"case"`
	Account   string `json:"account"`
	Requester string `json:"requester"`
	By        string `json:"by"`
	Person    string `json:"person"`
	Why       string `json:"why"`
	End       string `json:"end"`
	Route     string `json:"route"`
	Asked     int    `json:"asked"`
}

// follow reads a bot's log to its end, and passes it on.
func (d *diary) follow(log io.Reader, next io.Writer, otherwise io.Writer) {
	lines := bufio.NewReader(log)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			d.read(line)
			if _, err := next.Write(line); err != nil {
				_, _ = otherwise.Write(line) // such as the trace of a panic, which isn't JSON
			}
		}
		if err != nil {
			return // the process has ended
		}
	}
}

func (d *diary) read(line []byte) {
	one := logged{at: time.Now()}
	if json.Unmarshal(line, &one) != nil || one.Message == "" {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if one.Account == "" { // only the first line of a case has it
		i := slices.IndexFunc(d.logged, func(other logged) bool { return other.Case == one.Case })
		if i >= 0 {
			one.Account = d.logged[i].Account
		}
	}
	d.logged = latest(append(d.logged, one))
}

// happened adds what was done behind the scenes.
func (d *diary) happened(text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.staged = latest(append(d.staged, page.Deed{At: time.Now(), Kind: page.Backstage, Text: text}))
}

// deeds are all of it in one line of time.
func (d *diary) deeds() []page.Deed {
	names := namesOf(d.ws.People())
	d.mu.Lock()
	all := slices.Clone(d.staged)
	for _, one := range d.logged {
		all = append(all, one.deed(names))
	}
	d.mu.Unlock()
	all = append(all, callDeeds(d.ws.LatestCalls(page.DeedsShown), names)...)
	slices.SortStableFunc(all, func(a, b page.Deed) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return all
}

func latest[T any](all []T) []T { return all[max(0, len(all)-page.DeedsShown):] }
