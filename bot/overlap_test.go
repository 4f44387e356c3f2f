package bot_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/store"
)

// slowStore takes a moment, longer than the bot's polls are apart, to say that
// a delivery is recorded.
type slowStore struct{ store.Engine }

func (s slowStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	var name string
	err := s.Engine.Update(ctx, func(tx store.Tx) error {
		w := &written{Tx: tx, puts: map[string]string{}}
		err := fn(w)
		name = w.name()
		return err
	})
	if strings.HasSuffix(name, " delivered") || strings.HasSuffix(name, " put off") {
		time.Sleep(1200 * time.Millisecond)
	}
	return err
}

// A case may change while one of its cards is on its way, and the next look at
// the card may come before the last one has ended.
func TestAChangeDuringADeliveryIsDelivered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, slacksim.Options{Calm: true})
		slow := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, "/api/chat.") {
				w.ws.ServeHTTP(rw, r)
				return
			}
			answer := httptest.NewRecorder()
			w.ws.ServeHTTP(answer, r)
			time.Sleep(2 * time.Second) // it is done, and the answer takes its time
			rw.WriteHeader(answer.Code)
			_, _ = rw.Write(answer.Body.Bytes()) // a bot that has ended reads nothing
		})
		l := w.live(slowStore{w.engine}, slow)
		t.Cleanup(func() {
			if err := l.finish(); err != nil {
				t.Error(err)
			}
		})
		w.until("the bot connects", func() bool { return w.ws.Connections() == 2 })
		ask(w.kim, "Acme")
		w.mia.Inbox().Wait("Acme").Click("Approve")
		began := time.Now()
		w.decided([]*slacksim.Person{w.mia, w.ola})
		if took := time.Since(began); took > 20*time.Second { // less than a lease
			t.Errorf("a change during a delivery was shown after %s", took)
		}
	})
}
