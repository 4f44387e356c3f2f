package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/understudyhq/understudy/store"
)

const (
	// claimTime is how long a process that takes over waits for its turn.
	claimTime = 30 * time.Second
	// leaveTime is how long the other one may take over its leaving. It is
	// more than a bot needs even if Slack doesn't answer it.
	leaveTime = 10 * time.Second
	// answerTime is how long a process that lives takes to answer at its socket.
	answerTime = 3 * time.Second
	askAgain   = 100 * time.Millisecond
	// turnTime is for how long a process that isn't first leaves a free store
	// alone: it is free for the one that is first.
	turnTime = 2 * time.Second
)

// claim is the right to take over from a running bot.
type claim struct {
	id      string
	process string // its process number, for people
	client  *http.Client
	release func()
}

// openOrClaim opens the store if nobody has it, and otherwise claims it.
func (k *keeper) openOrClaim(ctx context.Context) (*store.Ledger, error) {
	deadline := time.Now().Add(cmp.Or(k.claimTime, claimTime))
	var refused error
	for turn := time.Now(); ; {
		if !time.Now().Before(turn) {
			ledger, err := k.open(ctx, -1)
			if !errors.Is(err, store.ErrLocked) {
				return ledger, err
			}
		}
		k.claim, refused = claimStore(ctx, socketPath(k.settings.StorePath()))
		if errors.Is(refused, errNotFirst) {
			turn = time.Now().Add(turnTime)
		}
		switch {
		case k.claim != nil:
			return nil, nil
		case errors.Is(refused, errTooOld), ctx.Err() != nil:
			return nil, fmt.Errorf("--take-over: %w", refused)
		case time.Now().After(deadline):
			return nil, fmt.Errorf("--take-over: the process that has the store %s doesn't let this one take over (%w): end it, and start this one again", k.settings.StorePath(), refused)
		}
		select {
		case <-ctx.Done():
		case <-time.After(askAgain):
		}
	}
}

var (
	errTooOld   = errors.New("the running bot is of a version that can't hand over: end it first, and start this one then")
	errNotFirst = errors.New("another process is taking over from it")
)

// claimStore asks the bot that has the store. The claim is an open request.
func claimStore(ctx context.Context, socket string) (*claim, error) {
	client := socketClient(socket)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	response, err := post(ctx, client, "claim", "") //nolint:bodyclose // the claim lasts until its body is closed
	if err == nil && response.StatusCode == http.StatusOK {
		return &claim{
			id: response.Header.Get("Claim"), process: response.Header.Get("Process"), client: client,
			release: func() { cancel(); _ = response.Body.Close(); client.CloseIdleConnections() },
		}, nil
	}
	defer cancel()
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	switch response.StatusCode {
	case http.StatusNotFound:
		return nil, errTooOld
	case http.StatusConflict:
		return nil, errNotFirst
	}
	return nil, fmt.Errorf("it answers %s", response.Status)
}

// takeOver tells the other process to leave, and opens the store.
func (k *keeper) takeOver(ctx context.Context) (*store.Ledger, error) {
	k.log.Info().Str("from", k.claim.process).Msg("connected to Slack: taking over")
	began := time.Now()
	asked := k.claim.handOver(ctx) // it may have died, and then the lock says so
	patience := cmp.Or(k.leaveTime, leaveTime)
	ledger, err := k.open(ctx, patience)
	if errors.Is(err, store.ErrLocked) {
		return nil, fmt.Errorf("--take-over: process %s had to hand the store over, and didn't within %s: end it, and start this one again: %w",
			k.claim.process, patience, errors.Join(asked, err))
	}
	if err == nil {
		k.log.Info().Dur("after", time.Since(began)).Msg("taken over")
	}
	return ledger, err
}

func (c *claim) handOver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	response, err := post(ctx, c.client, "handover", c.id)
	if err != nil {
		return err
	}
	if err := response.Body.Close(); err != nil {
		return err
	}
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return nil
}

func post(ctx context.Context, client *http.Client, verb, claim string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://store/"+verb, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Claim", claim)
	request.Header.Set("Process", strconv.Itoa(os.Getpid()))
	return client.Do(request)
}

// socketClient talks to the bot at the store's socket.
func socketClient(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		ResponseHeaderTimeout: answerTime,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
}
