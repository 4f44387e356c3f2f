package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// What Slack says to people when an app fails them.
const (
	slackCommandFailed = "%s failed because the app did not respond"
	slackClickFailed   = "Something went wrong: the app didn't answer your click. Try again."
	slackSubmitFailed  = "We had some trouble connecting. Try again?"
)

var errNobody = errors.New("no such person")

// act runs f with the person, under the lock, and delivers the payload it makes.
func (ws *Workspace) act(ctx context.Context, person, kind string, answers bool, f func(*member) (any, error)) (json.RawMessage, error) {
	ws.mu.Lock()
	m := ws.member(person)
	if m == nil || m.Gone {
		ws.mu.Unlock()
		return nil, errNobody
	}
	payload, err := f(m)
	ws.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return ws.deliver(ctx, kind, payload, answers)
}

// tell shows somebody a sentence of Slack's own, if err says that the app failed.
func (ws *Workspace) tell(person, sentence string, err error) error {
	if !appFailed(err) {
		return err
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.member(person).notice(sentence, ws.ts())
	ws.announce()
	return err
}

// Command has the person type a slash command, such as "/impersonate acme".
func (ws *Workspace) Command(ctx context.Context, person, line string) error {
	command, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !strings.HasPrefix(command, "/") {
		return fmt.Errorf("%q isn't a slash command", line)
	}
	ack, err := ws.act(ctx, person, "slash_commands", true, func(m *member) (any, error) {
		return ws.commandPayload(m, command, strings.TrimSpace(text)), nil
	})
	if err != nil {
		return ws.tell(person, fmt.Sprintf(slackCommandFailed, command), err)
	}
	return ws.answered(person, ack)
}

// answered shows what an ack of a command says.
func (ws *Workspace) answered(person string, ack json.RawMessage) error {
	var a args
	if len(ack) == 0 || json.Unmarshal(ack, &a) != nil || len(a) == 0 {
		return nil
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m := ws.member(person)
	msg := &message{ts: ws.ts(), only: m}
	if err := ws.fill(msg, a); err != nil {
		return err
	}
	m.im.messages = append(m.im.messages, msg)
	ws.announce()
	return nil
}

// Suggest asks the app for options, as a keystroke in a type-ahead does: in a
// modal, or in the Home if the view's id is empty. What comes back are the
// options, or groups of them.
func (ws *Workspace) Suggest(ctx context.Context, person, viewID, blockID, actionID, query string) ([]map[string]any, error) {
	ack, err := ws.act(ctx, person, "interactive", true, func(m *member) (any, error) {
		if viewID == "" {
			return ws.homeSuggestion(m, blockID, actionID, query)
		}
		v := m.modal(viewID)
		if v == nil {
			return nil, errors.New("the modal is closed")
		}
		return ws.suggestionPayload(m, ws.viewShape(v, nil), blockID, actionID, query), nil
	})
	if err != nil {
		return nil, err
	}
	var found struct {
		Options []map[string]any `json:"options"`
	}
	if err := json.Unmarshal(ack, &found); err != nil {
		return nil, fmt.Errorf("reading suggestions: %w", err)
	}
	if len(found.Options) > 100 {
		return nil, errors.New("more than 100 suggestions")
	}
	c := &checker{}
	for i, o := range found.Options {
		c.option(fmt.Sprintf("/options/%d", i), o)
	}
	if len(c.problems) > 0 {
		return nil, errors.New(strings.Join(c.problems, "; "))
	}
	return found.Options, nil
}

// CloseView has the person close a modal.
func (ws *Workspace) CloseView(ctx context.Context, person, viewID string) error {
	ws.mu.Lock()
	m := ws.member(person)
	if m == nil {
		ws.mu.Unlock()
		return errNobody
	}
	v := m.modal(viewID)
	if v == nil {
		ws.mu.Unlock()
		return nil
	}
	m.close(v)
	payload := ws.closedPayload(m, ws.viewShape(v, nil))
	notify := v.view["notify_on_close"] == true
	ws.announce()
	ws.mu.Unlock()
	if !notify {
		return nil
	}
	_, err := ws.deliver(ctx, "interactive", payload, false)
	return err
}

// OpenHome has the person open the app's Home tab.
func (ws *Workspace) OpenHome(ctx context.Context, person string) error {
	return again(func() error {
		_, err := ws.act(ctx, person, "events_api", false, func(m *member) (any, error) { return ws.homeOpenedPayload(m), nil })
		return err
	})
}

// event tells the app of what happened in the workspace.
func (ws *Workspace) event(payload any) error {
	return again(func() error {
		_, err := ws.deliver(context.Background(), "events_api", payload, false)
		return err
	})
}

// again delivers an event as Slack does: once more if it isn't acked.
func again(deliver func() error) (err error) {
	for range 3 {
		if err = deliver(); !errors.Is(err, errNoAck) {
			break
		}
	}
	return err
}
