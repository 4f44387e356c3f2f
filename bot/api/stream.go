package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudyhq/understudy/store"
)

const (
	// streamPause is how long the stream gathers changes before it looks.
	streamPause = 200 * time.Millisecond
	// streamAlive is how often it says that it is there, and looks by itself.
	streamAlive = 10 * time.Second
	// streamOverlap is how far back it looks for what has ended, because commits
	// don't come in the order of their times.
	streamOverlap = time.Minute
	// mostTold is how many ends one connection remembers to have told.
	mostTold = 100_000
	// mostStreams is how many an app has at most: one for each process of it.
	mostStreams = 200
	// streamPatience is how long a reader may take for what it is sent.
	streamPatience = 20 * time.Second
)

// stream tells an app of its grants, as server-sent events: running with all
// that run, then running with those that began or go on for longer, ended, and
// keys when those that sign tokens have changed.
//
// It says what is so, as cards do. Whoever was away hears what runs now, and
// what ended in the last minutes; what they have beside that has ended as well:
// there is no place to remember.
func (v *V1) stream(ctx context.Context, c call, w http.ResponseWriter) error {
	if !v.listening.begin(c.by.App) {
		return problem(http.StatusTooManyRequests, typeRequest, "Too many streams", fmt.Sprintf("The app %s listens %d times already, and each of its processes needs to once. The others go on.", c.by.App, mostStreams))
	}
	defer v.listening.end(c.by.App)
	s := sender{w: w, connection: http.NewResponseController(w), told: map[string]bool{}}
	looked, changed, rotated := v.Now(), c.ledger.Changed(), v.Keys.Changed()
	shown, err := c.ledger.Running(ctx, c.by.App)
	if err != nil {
		return err
	}
	over, err := c.ledger.EndedSince(ctx, c.by.App, looked.Add(-store.EndedKept))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers would hold back what ends a grant
	s.send("running", list(shown, true))
	s.ended(over)
	keys := v.keyIDs()
	for s.err == nil && len(s.told) < mostTold {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(streamAlive):
			s.comment()
		case <-rotated:
		case <-changed:
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(streamPause):
			}
		}
		if v.Ledger() != c.ledger {
			return nil // another process has the store: whoever listens comes again, to that one
		}
		if !v.stillTaken(c) {
			return nil
		}
		since := looked.Add(-streamOverlap)
		looked, changed, rotated = v.Now(), c.ledger.Changed(), v.Keys.Changed()
		now, err := c.ledger.Running(ctx, c.by.App)
		if err == nil {
			over, err = c.ledger.EndedSince(ctx, c.by.App, since)
		}
		if err != nil {
			v.Log.Error().Err(err).Msg("telling an app of its grants")
			return nil // it comes again
		}
		if changed := v.keyIDs(); changed != keys {
			keys = changed
			s.send("keys", struct{}{})
		}
		s.newer(shown, now)
		s.ended(over)
		shown = now
	}
	return nil // whoever listened has gone, or comes again
}

// stillTaken says whether the caller's token is good yet.
func (v *V1) stillTaken(c call) bool {
	_, err := v.token(c.Request, c.ledger)
	return err == nil
}

// listening is how many streams each app has: each costs a look at the store
// whenever something changes.
type listening struct {
	mu  sync.Mutex
	now map[string]int
}

func (l *listening) begin(app string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		l.now = map[string]int{}
	}
	if l.now[app] >= mostStreams {
		return false
	}
	l.now[app]++
	return true
}

func (l *listening) end(app string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now[app]--; l.now[app] == 0 {
		delete(l.now, app)
	}
}

// keyIDs are the names of the keys that tokens may be signed with.
func (v *V1) keyIDs() string {
	set, err := v.Keys.Public(v.Now())
	if err != nil {
		v.Log.Error().Err(err).Msg("reading the keys")
	}
	var ids strings.Builder
	for _, key := range set.Keys {
		ids.WriteString(key.KeyID + " ")
	}
	return ids.String()
}

// RunningGrants are grants that run. All says whether there are no others.
type RunningGrants struct {
	All    bool            `json:"all"`
	Grants []store.Running `json:"grants"`
}

func list(grants map[string]store.Running, all bool) RunningGrants {
	shown := RunningGrants{All: all, Grants: []store.Running{}}
	for _, id := range slices.Sorted(maps.Keys(grants)) {
		shown.Grants = append(shown.Grants, grants[id])
	}
	return shown
}

// sender writes events, until one can't be written.
type sender struct {
	w          http.ResponseWriter
	connection *http.ResponseController
	told       map[string]bool // that they have ended
	err        error
}

func (s *sender) newer(before, now map[string]store.Running) {
	newer := map[string]store.Running{}
	for id, r := range now {
		if before[id] != r {
			newer[id] = r
		}
	}
	if len(newer) > 0 {
		s.send("running", list(newer, false))
	}
}

// ended tells each once. Also one that wasn't told to run: between two looks a
// grant can have been opened and revoked.
func (s *sender) ended(grants []store.Ended) {
	for _, e := range grants {
		if !s.told[e.Case] {
			s.told[e.Case] = true
			s.send("ended", e)
		}
	}
}

func (s *sender) send(event string, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		s.err = err
		return
	}
	s.write(fmt.Sprintf("event: %s\ndata: %s\n\n", event, data))
}

func (s *sender) comment() { s.write(": still here\n\n") }

func (s *sender) write(text string) {
	_ = s.connection.SetWriteDeadline(time.Now().Add(streamPatience)) // a test's recorder has none
	_, err := s.w.Write([]byte(text))
	s.err = errors.Join(s.err, err, s.connection.Flush())
}
