package slacksim

import (
	"strings"
	"testing"
)

// opened is a workspace whose app has opened a modal for Kim.
func opened(t *testing.T) (ws *Workspace, kim *Person, app *wire, view map[string]any) {
	t.Helper()
	ws = ForTest(t, Options{Calm: true})
	kim = ws.AddPerson("Kim Berg", "kim@example.com")
	app = dial(t, ws)
	trigger := app.during(func() { kim.Types("/go") }, nil).text(t, "trigger_id")
	got := call(t, ws, "views.open", map[string]any{"trigger_id": trigger, "view": sampleModal()})
	view, _ = got["view"].(map[string]any)
	return ws, kim, app, view
}

func TestUpdatesOfAStaleViewAreRefused(t *testing.T) {
	t.Parallel()
	ws, _, _, view := opened(t)
	update := map[string]any{"view_id": view["id"], "hash": view["hash"], "view": sampleModal()}
	if got := call(t, ws, "views.update", update); got["ok"] != true {
		t.Errorf("the newest hash: %v", got)
	}
	refusedWith(t, call(t, ws, "views.update", update), "hash_conflict")
	refusedWith(t, call(t, ws, "views.update", map[string]any{"view_id": "V0", "view": sampleModal()}), "not_found")
}

func TestAnUpdateLeavesASubmissionUnderWay(t *testing.T) {
	t.Parallel()
	ws, kim, app, view := opened(t)
	modal := kim.Modal().Fill("Why", "so")
	done := make(chan struct{})
	go func() { defer close(done); modal.Submit() }()
	submission := app.next()
	call(t, ws, "views.update", map[string]any{"view_id": view["id"], "view": sampleModal()})
	if !ws.Screen(kim.ID()).Modals[0].Busy {
		t.Error("the modal can be submitted again before its answer came")
	}
	app.ack(submission, nil)
	<-done
	if modal.Open() {
		t.Error("an empty answer leaves the modal open")
	}
}

// TestASubmissionWithoutAnAnswer is a missing ack and one that comes late.
func TestASubmissionWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	ws, kim, app, _ := opened(t)
	modal := kim.Modal().Fill("Why", "so")
	ws.ForgetAcks(1)
	late := app.during(modal.Submit, nil)
	kim.WaitNotice(slackSubmitFailed)
	app.ack(late, nil)
	lee := ws.AddPerson("Lee Chan", "lee@example.com")
	app.during(func() { lee.Types("/go") }, nil) // read after the late ack, on the same socket
	if !modal.Open() {
		t.Error("a late ack closed the modal")
	}
}

func TestAModalWithoutAButtonCanNotBeSubmitted(t *testing.T) {
	t.Parallel()
	ws, kim, _, view := opened(t)
	told := map[string]any{"type": "modal", "title": words("Told"), "blocks": []any{}}
	if got := call(t, ws, "views.update", map[string]any{"view_id": view["id"], "view": told}); got["ok"] != true {
		t.Fatal(got)
	}
	if _, err := ws.SubmitView(t.Context(), kim.ID(), view["id"].(string), nil); err == nil {
		t.Error("a modal that only says something was submitted")
	}
}

// TestInputsKeepWhatTheirNamesKeep: after an update an input of the same name
// holds what was typed, and one that was renamed begins anew.
func TestInputsKeepWhatTheirNamesKeep(t *testing.T) {
	t.Parallel()
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	app := dial(t, ws)
	command := app.during(func() { kim.Types("/go") }, nil)
	view := sampleModal()
	opened := call(t, ws, "views.open", map[string]any{"trigger_id": command.text(t, "trigger_id"), "view": view})
	id := opened["view"].(map[string]any)["id"]
	modal := kim.Modal().Fill("Why", "because")
	held := func() string { return encodedText(modal.held()) }
	call(t, ws, "views.update", map[string]any{"view_id": id, "view": sampleModal()})
	if !strings.Contains(held(), "because") {
		t.Errorf("the input of the same name holds %s", held())
	}
	renamed := sampleModal()
	for _, b := range renamed["blocks"].([]any) {
		if block := b.(map[string]any); block["block_id"] == "why" {
			block["block_id"] = "renamed"
		}
	}
	call(t, ws, "views.update", map[string]any{"view_id": id, "view": renamed})
	if strings.Contains(held(), "because") {
		t.Errorf("the renamed input holds %s", held())
	}
}

func TestOnlyInputsThatDispatchTell(t *testing.T) {
	t.Parallel()
	blocks := []any{map[string]any{"type": "input", "block_id": "b", "element": map[string]any{"type": "static_select", "action_id": "a"}}}
	press := Press{BlockID: "b", ActionID: "a"}
	if _, err := New(Options{}).action(blocks, press); err == nil {
		t.Error("an input without dispatch_action told the app")
	}
	blocks[0].(map[string]any)["dispatch_action"] = true
	if _, err := New(Options{}).action(blocks, press); err != nil {
		t.Error(err)
	}
}
