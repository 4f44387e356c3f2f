package gate_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// TestNoDeedHidesAnother: nothing that an agent sends keeps what they do out of
// the record.
func TestNoDeedHidesAnother(t *testing.T) {
	d := newDesk(t, granttest.NewBot(t), func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/odd":
			w.WriteHeader(799)
		case "/broken":
			panic(http.ErrAbortHandler)
		}
	})
	id := d.acts(approval.FullAccess)
	d.ask(http.MethodPost, "/harm", nil)
	d.ask("PURGE", "/cache", nil)
	d.ask("M~|`*", "/method", nil)
	d.ask(strings.Repeat("LONG", 20), "/long", nil)
	d.ask(http.MethodPost, "/odd", nil)
	d.ask(http.MethodPost, "/"+strings.Repeat("%e2%80%ae", 100), nil)
	d.ask(http.MethodGet, "/socket", map[string]string{"Connection": "Upgrade", "Upgrade": "websocket"})
	if response, err := d.http.Post(d.url+"/broken", "", nil); err == nil {
		response.Body.Close()
		t.Error("the app wasn't broken")
	}
	want := []string{"POST /harm", "PURGE /cache", "OTHER /method", "OTHER /long", "POST /odd", "POST /%e2%80%ae", "GET /socket", "POST /broken"}
	var got []approval.Deed
	for deadline := time.Now().Add(15 * time.Second); len(got) < len(want) && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		got = d.bot.Deeds(id)
	}
	if len(got) != len(want) {
		t.Fatalf("%d are kept: %+v", len(got), got)
	}
	for i, one := range got {
		if !strings.HasPrefix(one.Method+" "+one.Path, want[i]) {
			t.Errorf("%s %s, want %s", one.Method, one.Path, want[i])
		}
	}
	if got[7].Status != http.StatusInternalServerError {
		t.Errorf("what broke the app: %d", got[7].Status)
	}
}
