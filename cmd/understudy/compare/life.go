package compare

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// life has Kim ask for an account as people do, Mia approve it, and Ola see
// it: what both apps must be able to do before it counts how fast they are.
func (s *stage) life(ctx context.Context) error {
	account := accountName(len(s.cases))
	form, err := s.form(ctx, account)
	if err != nil {
		return err
	}
	if _, err := s.ws.SubmitView(ctx, s.kim.ID(), form.ID, filledIn(form)); err != nil {
		return err
	}
	var card slacksim.Message
	var id string
	err = s.until(ctx, "Mia's card", func() bool {
		card, id, _ = s.cardOf(s.mia, account)
		return id != ""
	})
	if err != nil {
		return err
	}
	if err := s.until(ctx, "Ola's card", func() bool { _, id, _ := s.cardOf(s.ola, account); return id != "" }); err != nil {
		return err
	}
	if err := s.press(ctx, s.mia, card.TS, id, "approve"); err != nil {
		return err
	}
	return s.until(ctx, "the decision on Ola's card", func() bool {
		shown, id, found := s.cardOf(s.ola, account)
		return found && id == "" && strings.Contains(string(shown.Blocks), "pproved")
	})
}

// form has Kim type the command, and again if no form came: on a busy machine
// the three seconds pass in which an app may open one.
func (s *stage) form(ctx context.Context, account string) (form slacksim.ModalView, err error) {
	var typed time.Time
	err = s.until(ctx, "the form", func() bool {
		if time.Since(typed) > 5*time.Second {
			typed = time.Now()
			_ = s.ws.Command(ctx, s.kim.ID(), "/impersonate "+account) // what came of it is seen
		}
		for _, m := range s.ws.Screen(s.kim.ID()).Modals {
			if text, _ := json.Marshal(m.View); strings.Contains(string(text), account) {
				form = m
			}
		}
		return form.ID != ""
	})
	return form, err
}

// cardOf is the person's message about the account, and the case's id while
// it has Approve.
func (s *stage) cardOf(who *slacksim.Person, account string) (card slacksim.Message, id string, found bool) {
	for _, m := range s.ws.Screen(who.ID()).Messages {
		if !strings.Contains(string(m.Blocks), account) {
			continue
		}
		card, found = m, true
		if _, after, buttons := strings.Cut(string(m.Blocks), `"decide:`); buttons && strings.Contains(string(m.Blocks), `"approve"`) {
			id, _, _ = strings.Cut(after, `"`)
		}
	}
	return card, id, found
}

// filledIn is the form's state with what it offers, and a reason.
func filledIn(form slacksim.ModalView) map[string]any {
	state := map[string]any{}
	view, _ := form.View.(map[string]any)
	blocks, _ := view["blocks"].([]any)
	for _, b := range blocks {
		block, _ := b.(map[string]any)
		element, _ := block["element"].(map[string]any)
		if element == nil {
			continue
		}
		value := map[string]any{"type": element["type"], "selected_option": element["initial_option"]}
		if element["type"] == "plain_text_input" {
			value = map[string]any{"type": element["type"], "value": reason}
		}
		state[fmt.Sprint(block["block_id"])] = map[string]any{fmt.Sprint(element["action_id"]): value}
	}
	return state
}
