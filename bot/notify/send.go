package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/understudyhq/understudy/store"
)

const (
	// answerTime is how long an app may take to answer. Source: Standard Webhooks,
	// "Webhook delivery": 15 to 30 seconds.
	answerTime = 15 * time.Second
	// mostRead is how much of an answer is read, so that its connection is used again.
	mostRead = 64 << 10
)

// send sends a notice. An error says why the app hasn't taken it, without the
// address, which may hold a password.
func (n *Notifier) send(ctx context.Context, w store.Webhook) error {
	notice, err := n.Ledger.Notice(ctx, w.ID)
	if err != nil {
		return err
	}
	body, err := n.body(notice)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, notice.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address can't be read")
	}
	// Receivers look at it by their own clocks, whatever time cases live by.
	sent := strconv.FormatInt(time.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Understudy")
	request.Header.Set("webhook-id", w.ID)
	request.Header.Set("webhook-timestamp", sent)
	request.Header.Set("webhook-signature", sign(n.Secret(w.App), w.ID, sent, body))
	response, err := n.http.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return fmt.Errorf("the app doesn't answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // what it says is nobody's matter
	_, _ = io.CopyN(io.Discard, response.Body, mostRead)
	if response.StatusCode/100 == 2 {
		return nil
	}
	return &refusal{response.StatusCode, retryAfter(response.Header)}
}

// body is what the app is sent, if it is to be sent anything.
func (n *Notifier) body(notice store.Notice) ([]byte, error) {
	switch {
	case notice.Moot:
		return nil, errMoot
	case notice.URL == "":
		return nil, errUnwanted
	case !notice.Kind.HasLink():
		return Body(notice, "")
	case n.Answer == nil:
		return nil, errNoAnswer
	}
	return Body(notice, n.Answer(notice.Case.ID))
}
