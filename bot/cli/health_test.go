package cli

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/store"
)

// TestNoTokenCrossesANetworkForAllToRead: without TLS the API is for this machine
// alone, unless whoever runs the bot says that something in front of it has TLS.
func TestNoTokenCrossesANetworkForAllToRead(t *testing.T) {
	for _, one := range []struct {
		settings Settings
		want     int
	}{
		{Settings{Listen: "0.0.0.0:0"}, http.StatusForbidden},
		{Settings{Listen: "0.0.0.0:0", PlainAPI: true}, http.StatusServiceUnavailable}, // it has no store yet
		{Settings{Listen: "127.0.0.1:0"}, http.StatusServiceUnavailable},
	} {
		var log bytes.Buffer
		v1 := &api.V1{Ledger: func() *store.Ledger { return nil }, Now: time.Now, Log: zerolog.Nop()}
		health, err := openHealth(t.Context(), one.settings, http.NotFoundHandler(), v1, zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := strings.Cut(strings.NewReplacer("[::]", "", "0.0.0.0", "").Replace(strings.TrimPrefix(health.address, "http://")), ":")
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/v1/flows", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer ust_secret")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		health.stop()
		if asks := health.answers("https://bot.example.com", v1.Keys) != nil; asks != (one.want != http.StatusForbidden) {
			t.Errorf("%s, plain %v: customers are asked: %v", one.settings.Listen, one.settings.PlainAPI, asks)
		}
		if err != nil || response.StatusCode != one.want || strings.Contains(log.String(), "ust_secret") {
			t.Errorf("%s, plain %v: %d %s, %v\n%s", one.settings.Listen, one.settings.PlainAPI, response.StatusCode, text, err, log.String())
		}
	}
}
