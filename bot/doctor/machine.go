package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"syscall"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// store opens the store as a reader, which doesn't disturb anybody.
func (e *examination) store(ctx context.Context) {
	if e.StorePath == "" {
		return
	}
	e.space()
	db, err := bolt.OpenReadOnly(ctx, e.StorePath, bolt.Options{LockTimeout: -1})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.note(Fine, "store", "%s isn't there yet: the first start makes it", e.StorePath)
		return
	case errors.Is(err, store.ErrLocked):
		e.note(Fine, "store", "%s is in use: a bot runs on it; understudy store check looks into it while it runs", e.StorePath)
		return
	case err != nil:
		e.note(Wrong, "store", "%v", err)
		return
	}
	defer func() { _ = db.Close() }() // it was only read
	ledger, err := store.Open(ctx, db)
	if err != nil {
		e.note(Wrong, "store", "%v", err)
		return
	}
	provisioned, err := ledger.Flows(ctx)
	if err != nil {
		e.note(Wrong, "store", "%v", err)
		return
	}
	if err := provision.Startable(provisioned, e.Flows, e.Rules); err != nil {
		e.note(Wrong, "store", "%v", err)
		return
	}
	e.note(Fine, "store", "%s can be read, and has %d provisioned flows", e.StorePath, len(provisioned))
}

// address tries the address that the bot would listen on.
func (e *examination) address(ctx context.Context) {
	if e.Listen == "" {
		return
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", e.Listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.note(Warning, "address", "UNDERSTUDY_LISTEN: %s is in use; that is fine if a bot of yours runs already", e.Listen)
		return
	case err != nil:
		e.note(Wrong, "address", "UNDERSTUDY_LISTEN: %v", err)
		return
	}
	tcp, isTCP := listener.Addr().(*net.TCPAddr)
	_ = listener.Close() // it served nobody
	if isTCP && !tcp.IP.IsLoopback() && !e.Protected {
		e.note(Warning, "address", "%s can be reached from other machines without TLS, so that the API isn't served there; set UNDERSTUDY_TLS_CERT and UNDERSTUDY_TLS_KEY if you want it", e.Listen)
		return
	}
	e.note(Fine, "address", "the bot can listen on %s", e.Listen)
}
