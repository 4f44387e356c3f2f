package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/consent"
	"github.com/understudyhq/understudy/bot/grant"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// health is what the process serves over HTTP, whatever it does: its health,
// its metrics and the API.
type health struct {
	address string // with its scheme
	ready   atomic.Pointer[func(context.Context) error]
	ledger  atomic.Pointer[func() *store.Ledger]
	bot     atomic.Pointer[bot.Bot]
	stop    func()
	// closed says that the API isn't served, nor the customers' pages.
	closed bool
}

// openHealth listens at once, so that a port that is taken is known before
// anything else is done.
func openHealth(ctx context.Context, s Settings, counts http.Handler, v1 *api.V1, log zerolog.Logger) (*health, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_LISTEN: %w", err)
	}
	h := &health{address: "http://" + listener.Addr().String()}
	if s.TLSCert != "" {
		certificate, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("UNDERSTUDY_TLS_CERT and UNDERSTUDY_TLS_KEY can't be used: %w", err), listener.Close())
		}
		h.address = "https://" + listener.Addr().String()
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	}
	v1.Issuer = cmp.Or(v1.Issuer, h.address)
	v1.Ask = func(ctx context.Context, a api.Asking) (approval.Case, error) { return h.bot.Load().Ask(ctx, a) }
	v1.Committed = func(r store.Result) { h.bot.Load().Told(r) }
	h.show(func(context.Context) error { return errors.New("the bot starts") })
	h.serveLedger(v1.Ledger)
	v1.Ledger = func() *store.Ledger { return (*h.ledger.Load())() }
	handler, page := v1.Handler(), consents(v1, h).Handler()
	if !s.protected() && !isLoopback(listener.Addr()) {
		log.Warn().Str("address", listener.Addr().String()).Msg("the API isn't served: its tokens would cross the network for all to read; set UNDERSTUDY_TLS_CERT and UNDERSTUDY_TLS_KEY, or UNDERSTUDY_PLAIN_API if something in front of the bot has TLS")
		handler, page, h.closed = api.Unprotected(log), nil, true
	}
	h.stop = api.Serve(listener, api.Handler(func(ctx context.Context) error { return (*h.ready.Load())(ctx) }, counts, handler, page), log)
	return h, nil
}

// answers says where customers answer who reach the bot at this address; nil if they
// can't.
func (h *health) answers(address string, keys *grant.Keyring) func(caseID string) string {
	if address == "" || h.closed {
		return nil
	}
	return func(caseID string) string { return keys.ConsentURL(address, caseID) }
}

// consents is the page for customers, on what the API works on.
func consents(v1 *api.V1, h *health) *consent.Page {
	return &consent.Page{
		Ledger: v1.Ledger, IsSeal: v1.Keys.IsConsent, Now: v1.Now, Log: v1.Log,
		Barred:    func(ctx context.Context, c approval.Case) (bool, error) { return h.bot.Load().Barred(ctx, c) },
		Committed: func(r store.Result) { h.bot.Load().Told(r) },
	}
}

func isLoopback(address net.Addr) bool {
	tcp, ok := address.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// show says from now on what ready says.
func (h *health) show(ready func(context.Context) error) { h.ready.Store(&ready) }

// serveApps has what apps ask done by this bot. It comes before the ledger,
// without which the API answers nobody.
func (h *health) serveApps(b *bot.Bot) { h.bot.Store(b) }

// serveLedger has the API use this store from now on; it may give nil.
func (h *health) serveLedger(ledger func() *store.Ledger) { h.ledger.Store(&ledger) }
