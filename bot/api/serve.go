package api

import (
	"errors"
	"net"
	"net/http"

	"github.com/rs/zerolog"
)

// Serve serves on the listener until the returned function is called.
func Serve(listener net.Listener, handler http.Handler, log zerolog.Logger) (stop func()) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: mostHeaders}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error().Err(err).Stringer("address", listener.Addr()).Msg("serving HTTP")
		}
	}()
	return func() {
		_ = server.Close() // the listener is closed either way
		<-ended
	}
}
