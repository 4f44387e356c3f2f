package demo

import (
	"context"
	"fmt"
	"net"

	"github.com/understudyhq/understudy/bot/loopback"
)

// freePort is an address that the bot can listen on, the same after a kill.
func freePort(ctx context.Context) (string, error) {
	listener, err := listenLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// listenLoopback listens where only this machine can connect: the demo's page
// lets whoever opens it be anybody.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !loopback.Is(host) {
		return nil, fmt.Errorf("--listen is %q: the demo is for this machine only, write 127.0.0.1 and a port, such as 127.0.0.1:8090", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen: %w; choose another port, such as --listen=127.0.0.1:8091", err)
	}
	return listener, nil
}
