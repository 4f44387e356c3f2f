package slacksim

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// contracts is the folder of what Slack recorded and published.
func contracts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("UNDERSTUDY_CONTRACTS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("Slack's recorded samples are missing: name their folder in UNDERSTUDY_CONTRACTS")
	}
	return dir
}

func unzipped(t *testing.T, path string) (v map[string]any) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(plain).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// allowed are what the recordings lack or have otherwise, each for its reason.
func allowed(path string) bool {
	switch {
	case strings.HasPrefix(path, "SlashCommandPayload.is_enterprise_install"): // text over the wire; the recording parsed it
	case strings.HasSuffix(path, ".state.values"), strings.Contains(path, ".state.values."): // the recording's state is empty
	case strings.HasPrefix(path, "View") && strings.HasSuffix(path, ".view.blocks"): // the recorder left out every view's blocks
	case path == "BlockActionPayload.view.blocks":
	case path == "ViewSubmissionPayload.response_urls": // docs.slack.dev, view_submission; an empty list here
	default:
		return false
	}
	return true
}

// compare says what ours has that the recording has not, or has as another type.
func compare(path string, ours, recorded any) (problems []string) {
	if ours == nil || allowed(path) {
		return nil
	}
	if a, b := fmt.Sprintf("%T", ours), fmt.Sprintf("%T", recorded); a != b {
		return []string{fmt.Sprintf("%s is a %s, recorded as %s", path, a, b)}
	}
	switch ours := ours.(type) {
	case map[string]any:
		recorded := recorded.(map[string]any)
		for key, value := range ours {
			if r, known := recorded[key]; known || allowed(path+"."+key) {
				problems = append(problems, compare(path+"."+key, value, r)...)
			} else {
				problems = append(problems, path+"."+key+" isn't recorded")
			}
		}
	case []any:
		if strings.HasSuffix(path, ".blocks") || strings.HasSuffix(path, ".elements") {
			return nil // the app's own, checked by the limits of blocks
		}
		if recorded := recorded.([]any); len(ours) > 0 && len(recorded) > 0 {
			problems = compare(path+"[]", ours[0], recorded[0])
		}
	}
	return problems
}

func expect(t *testing.T, dir, sample string, ours map[string]any, needed ...string) {
	t.Helper()
	recorded := unzipped(t, filepath.Join(dir, "slack-samples", sample+".json.gz"))
	for _, problem := range compare(sample, ours, recorded) {
		t.Error(problem)
	}
	for _, path := range needed {
		var v any = ours
		for key := range strings.SplitSeq(path, ".") {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		if v == nil {
			t.Errorf("%s: clients need %s, which is missing", sample, path)
		}
	}
}

func payload(t *testing.T, e envelope) (v map[string]any) {
	t.Helper()
	if err := json.Unmarshal(e.Payload, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestRecordedShapes has a tiny app see every payload and every answer once.
func TestRecordedShapes(t *testing.T) {
	t.Parallel()
	dir := contracts(t)
	ws := ForTest(t, Options{Calm: true})
	kim := ws.AddPerson("Kim Berg", "kim@example.com")
	ws.AddGroup("leads", kim)
	ws.AddChannel("general", kim)
	app := dial(t, ws)
	answered := func(method string, arguments map[string]any, needed ...string) map[string]any {
		t.Helper()
		got := call(t, ws, method, arguments)
		if got["ok"] != true {
			t.Errorf("%s: %v", method, got)
		}
		expect(t, dir, method, got, needed...)
		return got
	}

	command := payload(t, app.during(func() { kim.Types("/go now") }, nil))
	expect(t, dir, "SlashCommandPayload", command, "command", "text", "user_id", "team_id", "channel_id", "response_url", "trigger_id", "api_app_id")
	opened := answered("views.open", map[string]any{"trigger_id": command["trigger_id"], "view": sampleModal()}, "view.id", "view.hash")
	id := opened["view"].(map[string]any)["id"]
	answered("views.update", map[string]any{"view_id": id, "view": sampleModal()}, "view.id", "view.hash")

	pressed := func() { // for a trigger: a modal covers the message box
		if err := ws.Command(t.Context(), kim.ID(), "/go again"); err != nil {
			t.Error(err)
		}
	}
	again := payload(t, app.during(pressed, nil))
	answered("views.push", map[string]any{"trigger_id": again["trigger_id"], "view": sampleModal()}, "view.id", "view.previous_view_id")
	closed := payload(t, app.during(func() { kim.Modal().Close() }, nil))
	expect(t, dir, "ViewClosedPayload", closed, "user.id", "view.id", "view.callback_id", "team.id")
	submitted := payload(t, app.during(func() { kim.Modal().Fill("Why", "so").Submit() }, nil))
	expect(t, dir, "ViewSubmissionPayload", submitted, "user.id", "view.id", "view.state.values", "view.hash", "team.id", "trigger_id")

	posted := answered("chat.postMessage", map[string]any{"channel": kim.ID(), "text": "x", "blocks": card()}, "channel", "ts", "message.ts")
	at := map[string]any{"channel": posted["channel"], "ts": posted["ts"], "text": "y", "blocks": card()}
	answered("chat.update", at, "channel", "ts", "text")
	click := payload(t, app.during(func() { kim.Inbox().Last().Click("Yes") }, nil))
	expect(t, dir, "BlockActionPayload", click, "user.id", "actions", "trigger_id", "response_url", "container.message_ts", "channel.id", "message.ts")
	if err := ws.Configure([]byte(oneShortcut)); err != nil {
		t.Fatal(err)
	}
	kim.Channel("general").Says("Globex can't log in & so on")
	picked := payload(t, app.during(func() { kim.Channel("general").Last().Shortcut("Take it") }, nil))
	expect(t, dir, "MessageShortcutPayload", picked, "callback_id", "trigger_id", "response_url", "message_ts", "message.text", "message.user", "channel.id", "team.id", "user.id", "user.team_id")
	home := payload(t, app.during(func() { kim.OpensHome() }, nil))
	expect(t, dir, "AppHomeOpenedPayload", home, "event.user", "event.channel", "event.tab", "event_id", "authorizations", "team_id")

	answered("views.publish", map[string]any{"user_id": kim.ID(), "view": map[string]any{"type": "home", "blocks": card()}}, "view.id", "view.hash")
	homeClick := payload(t, app.during(func() { (&Home{kim}).Click("Yes") }, nil))
	expect(t, dir, "BlockActionPayload", homeClick, "user.id", "view.id", "container.view_id", "actions")
	answered("views.publish", map[string]any{"user_id": kim.ID(), "view": menuHome(kim.ID())}, "view.id", "view.hash")
	chosen := payload(t, app.during(func() { (&Home{kim}).Picks("Who", "Kim Berg") }, nil))
	expect(t, dir, "BlockActionPayload", chosen, "view.id", "view.state.values", "container.view_id", "actions")
	answered("chat.postEphemeral", map[string]any{"channel": posted["channel"], "user": kim.ID(), "text": "x"}, "message_ts")
	answered("conversations.history", map[string]any{"channel": posted["channel"]}, "messages", "response_metadata")
	answered("conversations.open", map[string]any{"users": kim.ID()}, "channel.id")
	answered("users.info", map[string]any{"user": kim.ID()}, "user.id", "user.profile.email", "user.tz", "user.deleted")
	answered("users.list", nil, "members")
	answered("users.lookupByEmail", map[string]any{"email": "KIM@example.com"}, "user.id")
	groups := answered("usergroups.list", nil, "usergroups")
	group := groups["usergroups"].([]any)[0].(map[string]any)["id"]
	answered("usergroups.users.list", map[string]any{"usergroup": group}, "users")
	answered("auth.test", nil, "team_id", "user_id", "bot_id", "url")
	answered("team.info", nil, "team.id", "team.domain")
	answered("bots.info", nil, "bot.id", "bot.app_id")
	expect(t, dir, "apps.connections.open", callAs(t, ws, ws.AppToken(), "apps.connections.open", nil), "url")
}

// accepted are the arguments that methods read.
func accepted() map[string][]string {
	return map[string][]string{
		"chat.postMessage":      {"channel", "text", "blocks"},
		"chat.update":           {"channel", "ts", "text", "blocks"},
		"chat.postEphemeral":    {"channel", "user", "text", "blocks"},
		"chat.getPermalink":     {"channel", "message_ts"},
		"conversations.history": {"channel", "oldest", "latest", "limit", "cursor"}, // include_all_metadata is newer than the document
		"conversations.open":    {"users"},
		"views.open":            {"trigger_id", "view"},
		"views.push":            {"trigger_id", "view"},
		"views.update":          {"view_id", "external_id", "view", "hash"},
		"views.publish":         {"user_id", "view", "hash"},
		"users.info":            {"user"},
		"users.lookupByEmail":   {"email"},
		"usergroups.users.list": {"usergroup"},
		"bots.info":             {"bot"},
	}
}

func TestArgumentsAreSlacks(t *testing.T) {
	t.Parallel()
	paths := unzipped(t, filepath.Join(contracts(t), "slack-web-openapi.json.gz"))["paths"].(map[string]any)
	for method, names := range accepted() {
		if _, known := methodNamed(method); !known {
			t.Errorf("%s isn't a method here", method)
		}
		path, ok := paths["/"+method].(map[string]any)
		if !ok {
			t.Errorf("%s isn't in Slack's document", method)
			continue
		}
		var documented []string
		for _, operation := range path {
			for _, p := range operation.(map[string]any)["parameters"].([]any) {
				documented = append(documented, p.(map[string]any)["name"].(string))
			}
		}
		for _, name := range names {
			if !slices.Contains(documented, name) {
				t.Errorf("%s takes %s, which Slack's document lacks", method, name)
			}
		}
	}
}
