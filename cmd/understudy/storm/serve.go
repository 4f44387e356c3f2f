package storm

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/understudyhq/understudy/bot/pagersim"
)

// serve has Slack and PagerDuty listen on loopback until close is called.
func (s *Storm) serve(ctx context.Context) (closeAll func() error, err error) {
	slack, closeSlack, err := listen(ctx, s.town)
	if err != nil {
		return nil, err
	}
	pager, closePager, err := listen(ctx, s.town.pager)
	if err != nil {
		return nil, errors.Join(err, closeSlack())
	}
	s.town.ws.SetURL(slack)
	s.world.AppToken, s.world.BotToken = s.town.ws.AppToken(), s.town.ws.BotToken()
	s.world.SlackURL, s.world.PagerURL = s.town.ws.APIURL(), pager
	return func() error {
		s.town.ws.Close()
		return errors.Join(closePager(), closeSlack())
	}, nil
}

// PagerToken is the token that the storm's on-call service accepts.
const PagerToken = pagersim.Token

func listen(ctx context.Context, handler http.Handler) (url string, closeIt func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
