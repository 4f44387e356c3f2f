package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// refresh is how long a stream is silent at most: it looks again, and says
// something that no browser shows, so that both ends notice a dead connection.
const refresh = 2 * time.Second

// stream sends what screens show, as server-sent events.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
type stream struct {
	ws    *slacksim.Workspace
	acts  []StageAct
	deeds func() []Deed
}

func (s *stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	v := &viewer{stream: s, w: w, flush: http.NewResponseController(w).Flush, sent: map[string][]byte{}}
	// An error here means that the browser is gone: there is nobody to tell.
	_ = v.follow(r.Context())
}

// viewer is one open page.
type viewer struct {
	*stream
	w     http.ResponseWriter
	flush func() error
	sent  map[string][]byte // what each event last said, by what it is about
}

func (v *viewer) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	changed := v.ws.Watch(ctx)
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		if err := v.show(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-tick.C:
			if _, err := fmt.Fprint(v.w, ": still here\n\n"); err != nil {
				return err
			}
		}
	}
}

// show sends everything that isn't as it was sent last.
func (v *viewer) show() error {
	people := v.ws.People()
	if err := v.event("people", "", people); err != nil {
		return err
	}
	if err := v.event("stage", "", shownActs(v.acts)); err != nil {
		return err
	}
	for _, person := range people {
		if err := v.event("screen", person.ID, v.ws.Screen(person.ID)); err != nil {
			return err
		}
	}
	if v.deeds != nil {
		if err := v.event("deeds", "", latest(v.deeds())); err != nil {
			return err
		}
	}
	return v.flush()
}

func (v *viewer) event(name, about string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("event %s %s: %w", name, about, err)
	}
	if bytes.Equal(v.sent[name+about], data) {
		return nil
	}
	v.sent[name+about] = data
	_, err = fmt.Fprintf(v.w, "event: %s\ndata: %s\n\n", name, data)
	return err
}
