package slacksim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// menuHome is a Home with a button and menus of the kinds that hold something.
func menuHome(person string) map[string]any {
	return map[string]any{"type": "home", "blocks": []any{
		map[string]any{"type": "actions", "block_id": "filter", "elements": []any{
			map[string]any{"type": "external_select", "action_id": "which", "placeholder": words("Which"), "min_query_length": 0},
			map[string]any{"type": "users_select", "action_id": "who", "placeholder": words("Who"), "initial_user": person},
			map[string]any{"type": "button", "action_id": "go", "text": words("Go"), "value": "1"},
		}},
		map[string]any{"type": "input", "block_id": "why", "label": words("Why"), "dispatch_action": true, "element": map[string]any{"type": "plain_text_input", "action_id": "why"}},
	}}
}

// TestAHomesMenus has an app see what the elements of a Home hold when one of
// them is used.
// https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func TestAHomesMenus(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim, mia := ws.AddPerson("Kim Berg", "kim@example.com"), ws.AddPerson("Mia Falk", "mia@example.com")
	app := dial(t, ws)
	first := call(t, ws, "views.publish", map[string]any{"user_id": kim.ID(), "view": menuHome(kim.ID())})
	second := call(t, ws, "views.publish", map[string]any{"user_id": kim.ID(), "view": menuHome(kim.ID())})
	id := first["view"].(map[string]any)["id"]
	if again := second["view"].(map[string]any)["id"]; id != again || id == "" {
		t.Errorf("a Home that is published again has the id %v, and had %v", again, id)
	}
	home := &Home{kim}
	if got := home.Chosen("Who"); got != "@Kim Berg" {
		t.Errorf("the menu of people holds %q", got)
	}

	picked := payload(t, app.during(func() { home.Picks("Who", "Mia Falk") }, nil))
	values := func(user, option, why any) map[string]any {
		return map[string]any{
			"filter": map[string]any{
				"which": map[string]any{"type": "external_select", "selected_option": option},
				"who":   map[string]any{"type": "users_select", "selected_user": user},
			},
			"why": map[string]any{"why": map[string]any{"type": "plain_text_input", "value": why}},
		}
	}
	holds := func(p map[string]any, want map[string]any) {
		t.Helper()
		view := p["view"].(map[string]any)
		if view["id"] != id || view["type"] != "home" || p["container"].(map[string]any)["view_id"] != id || p["response_url"] != nil {
			t.Errorf("a payload of the shape %v", p)
		}
		if diff := cmp.Diff(map[string]any{"values": want}, view["state"]); diff != "" {
			t.Errorf("the state (-want +got):\n%s", diff)
		}
	}
	holds(picked, values(mia.ID(), nil, nil))
	action := picked["actions"].([]any)[0].(map[string]any)
	if action["selected_user"] != mia.ID() || action["selected_option"] != nil || action["initial_user"] != kim.ID() {
		t.Errorf("the action is %v", action)
	}

	one := map[string]any{"text": words("One"), "value": "1"}
	seen := make(chan struct{})
	go func() { // the suggestion; then the choice is an envelope of its own
		defer close(seen)
		asked := app.next()
		if asked.text(t, "type") != "block_suggestion" || asked.text(t, "value") != "One" {
			t.Errorf("a keystroke sent %s", asked.Payload)
		}
		app.ack(asked, map[string]any{"options": []any{one}})
		chosen := app.next()
		app.ack(chosen, nil)
		holds(payload(t, chosen), values(kim.ID(), one, nil))
	}()
	home.Picks("Which", "One")
	<-seen

	typed := map[string]any{"why": map[string]any{"why": map[string]any{"type": "plain_text_input", "value": "so"}}, "gone": map[string]any{"x": map[string]any{"value": "y"}}}
	pressed := payload(t, app.during(func() {
		if err := ws.Press(t.Context(), kim.ID(), Press{Home: true, BlockID: "filter", ActionID: "go", State: typed}); err != nil {
			t.Error(err)
		}
	}, nil))
	holds(pressed, values(kim.ID(), nil, "so"))
}
