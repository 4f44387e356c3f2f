package gate

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"
)

// deed is a request that an agent made as a customer.
type deed struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
}

// deedOf is what the bot takes of any request. Did it not take one, it would take
// none of those that are told together with it: an agent could hide what they do.
func deedOf(r *http.Request, status int, now time.Time) deed {
	d := deed{At: now.UTC(), Method: r.Method, Path: r.URL.EscapedPath(), Status: min(max(status, 100), 599)}
	if len(d.Method) > longestMethod || strings.ContainsFunc(d.Method, func(c rune) bool { return c < 'A' || c > 'Z' }) {
		d.Method = "OTHER"
	}
	if !strings.HasPrefix(d.Path, "/") {
		d.Path = "/"
	}
	d.Path = d.Path[:min(len(d.Path), longestPath)]
	return d
}

const (
	// reportEvery is how often the bot is told what was done, and together how
	// many deeds it is told at once.
	reportEvery = 5 * time.Second
	together    = 100
	// mostWaiting is how many deeds wait at most. An app isn't held up by a bot
	// that doesn't answer.
	mostWaiting   = 10_000
	longestPath   = 300
	longestMethod = 20
)

// deeds wait to be told, by the token of the grant that they were done by.
type deeds struct {
	mu      sync.Mutex
	waiting map[string][]deed
	count   int
	lost    int
	wake    chan struct{}
}

func newDeeds() *deeds { return &deeds{waiting: map[string][]deed{}, wake: make(chan struct{}, 1)} }

func (d *deeds) add(raw string, one deed) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.count >= mostWaiting {
		d.lost++
		return
	}
	d.count++
	if d.waiting[raw] = append(d.waiting[raw], one); len(d.waiting[raw]) >= together {
		d.now()
	}
}

// now has what waits told at once.
func (d *deeds) now() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// take takes all that wait, and how many were lost.
func (d *deeds) take() (all map[string][]deed, lost int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, lost = d.waiting, d.lost
	d.waiting, d.count, d.lost = map[string][]deed{}, 0, 0
	return all, lost
}

// report tells the bot what was done, until ctx ends and all is told.
func (g *Gate) report(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			g.tell(context.WithoutCancel(ctx))
			return
		case <-time.After(reportEvery):
		case <-g.deeds.wake:
		}
		g.tell(ctx)
	}
}

func (g *Gate) tell(ctx context.Context) {
	all, lost := g.deeds.take()
	if lost > 0 {
		g.Log.ErrorContext(ctx, "too much was done to be told: the rest is lost", "lost", lost)
	}
	for raw, done := range all {
		for len(done) > 0 {
			n := min(len(done), together)
			err := g.bot.report(ctx, raw, done[:n])
			problem, refused := errors.AsType[*Problem](err)
			if err != nil && (!refused || problem.Status >= http.StatusInternalServerError) {
				for _, one := range done { // the bot is away: again, next time
					g.deeds.add(raw, one)
				}
				g.Log.WarnContext(ctx, "telling what was done", "error", err)
				break
			}
			if err != nil {
				g.Log.ErrorContext(ctx, "what was done isn't taken", "error", err)
			}
			done = done[n:]
		}
	}
}
