package slacksim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// SubmitView has the person submit a modal whose inputs hold this state, by
// block and action. It returns the response_action of the answer, which is empty
// where the modal just closes, and is known even when another modal has covered
// this one meanwhile.
// https://docs.slack.dev/surfaces/modals#response_actions
func (ws *Workspace) SubmitView(ctx context.Context, person, viewID string, state map[string]any) (string, error) {
	ack, err := ws.act(ctx, person, "interactive", true, func(m *member) (any, error) {
		v := m.modal(viewID)
		if v == nil {
			return nil, errors.New("the modal is closed")
		}
		if v.view["submit"] == nil || v.busy {
			return nil, errors.New("there is no button to submit the modal") // or it can't be pressed while the modal is on its way
		}
		if missing := missing(v.view, state); missing != nil {
			v.errors = missing
			ws.announce()
			return nil, errIncomplete
		}
		v.busy = true
		ws.announce()
		return ws.submissionPayload(m, ws.viewShape(v, state)), nil
	})
	if errors.Is(err, errIncomplete) {
		return "errors", nil
	}
	var answer submissionAnswer
	if err == nil && len(ack) > 0 {
		if err := json.Unmarshal(ack, &answer); err != nil {
			return "", fmt.Errorf("reading the answer to a submission: %w", err)
		}
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	defer ws.announce()
	m := ws.member(person)
	if m == nil {
		return "", errNobody
	}
	v := m.modal(viewID)
	if v == nil {
		return answer.Action, err // closed meanwhile
	}
	v.busy = false
	if err != nil {
		m.notice(slackSubmitFailed, ws.ts())
		return "", err
	}
	return answer.Action, ws.respondToSubmission(m, v, answer)
}

var errIncomplete = errors.New("required inputs are empty")

// submissionAnswer is what an app acks a submission with.
type submissionAnswer struct {
	Action string            `json:"response_action"`
	Errors map[string]string `json:"errors"`
	View   map[string]any    `json:"view"`
}

func (ws *Workspace) respondToSubmission(m *member, v *modal, r submissionAnswer) error {
	switch r.Action {
	case "":
		m.close(v)
	case "clear":
		m.modals = nil
	case "errors":
		return v.fail(r.Errors)
	case "update", "push":
		if problems := checkView(r.View, "modal"); len(problems) > 0 {
			m.notice(slackSubmitFailed, ws.ts())
			return errors.New(strings.Join(problems, "; "))
		}
		if r.Action == "update" {
			ws.replace(v, r.View)
			return nil
		}
		next := ws.newModal(r.View)
		next.root, next.previous = v.root, v.id
		m.modals = append(m.modals, next)
	default:
		return fmt.Errorf("an unknown response_action %q", r.Action)
	}
	return nil
}

// fail shows errors at inputs; one at a block that isn't there is the app's mistake.
func (v *modal) fail(problems map[string]string) error {
	blocks, _ := v.view["blocks"].([]any)
	for id := range problems {
		found := false
		for _, b := range blocks {
			block, _ := b.(map[string]any)
			found = found || block["block_id"] == id && kindOf(block) == "input"
		}
		if !found {
			return fmt.Errorf("an error at the block %q, which isn't an input", id)
		}
	}
	v.errors = problems
	return nil
}
