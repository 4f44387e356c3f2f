package gate

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/grant/token"
)

const (
	// silence is how long the stream may say nothing; the bot says something
	// every 10 seconds.
	silence = 30 * time.Second
	// comeBack and comeBackLate are how soon it is listened to again.
	comeBack     = 500 * time.Millisecond
	comeBackLate = 10 * time.Second
	// remembered is how long an ended grant is known: longer than its last token.
	remembered = token.Life + 10*time.Minute
)

// running is what the bot told of the app's grants.
type running struct {
	mu       sync.Mutex
	ended    map[string]time.Time // when it was told
	listed   map[string]bool      // of the last list of all, and those that began since
	listedAt time.Time            // zero before the first
	served   map[*serving]bool
}

func newRunning() *running {
	return &running{ended: map[string]time.Time{}, served: map[*serving]bool{}}
}

// serving is a request that the app is answering, by a grant.
type serving struct {
	id     string
	issued time.Time
	stop   context.CancelFunc
}

// serve is the context of a request: it ends with the grant, so that a socket or a
// stream that was opened doesn't outlive it.
func (r *running) serve(ctx context.Context, id string, issued time.Time, left time.Duration) (_ context.Context, done func()) {
	ctx, stop := context.WithTimeout(ctx, left)
	s := &serving{id, issued, stop}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.served[s] = true
	if r.isOver(id, issued) { // since it was looked at
		stop()
	}
	return ctx, func() {
		stop()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.served, s)
	}
}

// end notes a grant that has ended.
func (r *running) end(id string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[id] = now
	delete(r.listed, id)
	r.stop()
}

// stop ends what is served by a grant that is over.
func (r *running) stop() {
	for s := range r.served {
		if r.isOver(s.id, s.issued) {
			s.stop()
		}
	}
}

// over says whether a grant has ended, as far as the bot told. One that a list
// of all lacked may have begun after it: that is so if its token isn't older.
func (r *running) over(id string, issued time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isOver(id, issued)
}

func (r *running) isOver(id string, issued time.Time) bool {
	if _, told := r.ended[id]; told {
		return true
	}
	return !r.listedAt.IsZero() && !r.listed[id] && issued.Before(r.listedAt.Add(-token.Leeway))
}

// began notes a grant that this process was told of by its opening.
func (r *running) began(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listed != nil {
		r.listed[id] = true
	}
}

func (r *running) hear(event, data string, now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch event {
	case "running":
		var told struct {
			All    bool                    `json:"all"`
			Grants []struct{ Case string } `json:"grants"`
		}
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			return fmt.Errorf("reading the stream: %w", err)
		}
		if told.All {
			r.listed, r.listedAt = map[string]bool{}, now
		}
		for _, one := range told.Grants {
			if r.listed != nil {
				r.listed[one.Case] = true
			}
		}
	case "ended":
		var told struct{ Case string }
		if err := json.Unmarshal([]byte(data), &told); err != nil {
			return fmt.Errorf("reading the stream: %w", err)
		}
		r.ended[told.Case] = now
		delete(r.listed, told.Case)
	}
	r.stop()
	for id, at := range r.ended {
		if now.Sub(at) > remembered {
			delete(r.ended, id)
		}
	}
	return nil
}

// listen hears the stream until ctx ends.
func (g *Gate) listen(ctx context.Context) {
	pause := comeBack
	for ctx.Err() == nil {
		began := time.Now()
		err := g.hear(ctx)
		if time.Since(began) > silence {
			pause = comeBack
		}
		if ctx.Err() == nil {
			g.Log.WarnContext(ctx, "listening to the bot", "error", err, "again_in", pause)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause/2 + rand.N(pause)):
		}
		pause = min(2*pause, comeBackLate)
	}
}

// hear hears one connection to its end.
func (g *Gate) hear(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(errors.New("the bot said nothing")) })
	defer quiet.Stop()
	response, err := g.bot.send(ctx, http.MethodGet, "/v1/grants/stream", "", nil)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the bot answered %s", response.Status)
	}
	event := ""
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 16*mostOfAnswer) // a list of all grants is one line
	for lines.Scan() {
		quiet.Reset(silence)
		name, value, _ := strings.Cut(lines.Text(), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			event = value
		case "data":
			if event == "keys" {
				g.keys.stale()
			}
			if err := g.running.hear(event, value, g.Now()); err != nil {
				return err
			}
		}
	}
	return errors.Join(errors.New("the bot closed the stream"), lines.Err(), context.Cause(ctx))
}
