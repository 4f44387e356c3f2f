package api_test

import (
	"bytes"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

// quietly is a log that a server writes to while it is tested.
type quietly struct {
	mu sync.Mutex
	bytes.Buffer
}

func (q *quietly) Write(data []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.Buffer.Write(data)
}

// TestNoSecretIsKeptOrLogged: a store that was read, or a log, lets nobody in.
func TestNoSecretIsKeptOrLogged(t *testing.T) {
	engine, log := storetest.NewMemory(), new(quietly)
	ledger, err := store.Open(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	p := &portal{}
	if p.keys, err = grant.OpenKeyring(filepath.Join(t.TempDir(), "keys"), noon); err != nil {
		t.Fatal(err)
	}
	p.served = serve(t, func(v *api.V1) {
		v.Keys, v.Issuer, v.Now, v.Ask, v.Log = p.keys, issuer, p.now, p.ask, zerolog.New(log)
		v.Ledger = func() *store.Ledger { return ledger }
	})
	p.ledger = ledger
	p.token = p.appToken("portal")
	p.allow("c1", approval.App{Name: "portal"})
	used, left := p.link("c1"), ""
	opening := get[api.Opening](p, "POST", "/v1/grants/redeem", api.Redemption{Code: used, StaffEmail: "kim@example.com"})
	refreshed := get[api.Opening](p, "POST", "/v1/grants/refresh", api.Refresh{Token: opening.Token})
	left = p.link("c1")
	p.call("POST", "/v1/grants/redeem", p.token, api.Redemption{Code: p.link("c1"), StaffEmail: "eve@example.com"})
	p.call("POST", "/v1/revoke", "ust_wrong", url.Values{"token": {opening.Token}})
	secrets := map[string]string{"the app's token": p.token, "a code that was used": used, "a code": left, "a grant's token": opening.Token, "a refreshed one": refreshed.Token, "a wrong token": "ust_wrong", "the first token": adminToken}
	entries := 0
	err = engine.View(t.Context(), func(tx store.Tx) error {
		for entry, err := range tx.Scan("", "\xff") {
			if err != nil {
				return err
			}
			entries++
			for name, secret := range secrets {
				if strings.Contains(entry.Key+string(entry.Value), secret) {
					t.Errorf("%s is kept under %s", name, entry.Key)
				}
			}
		}
		return nil
	})
	if err != nil || entries < 10 {
		t.Errorf("%d entries, %v", entries, err)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	if log.Len() == 0 {
		t.Error("nothing is logged")
	}
	for name, secret := range secrets {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log:\n%s", name, log.String())
		}
	}
}
