// Package page serves the demo's page: a browser becomes the screens of the
// people of a simulated workspace, two of them side by side.
//
// The page decides nothing. A stream of server-sent events brings what each
// person's screen shows (people first, then every screen that has changed, whole),
// and the browser draws the Block Kit in it as the app sent it; what it can't draw
// it shows as such. What somebody does goes back as a POST to /do/ and becomes
// an act in the workspace; its effect arrives as an event like any other.
//
// The page is plain HTML, CSS and JavaScript modules, embedded, without a build
// step and without anything from elsewhere. Text reaches the document as text
// nodes only.
//
// Whoever opens it is everybody in the workspace, so it belongs on loopback: it
// serves only requests that name this machine, and lets only itself act. It keeps
// nothing: what is half typed lives in the browser, the rest in the workspace.
package page

import (
	"cmp"
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// Options say what stands around the screens.
type Options struct {
	Title string      // of the page; "Workspace" if empty
	App   string      // what the app is called beside its messages; "App" if empty
	Guide []GuideStep // what a first-time visitor should try, in order
	Links []Link      // to what else there is to see
	Stage []StageAct  // what can be done behind the scenes

	Gallery any         // views to show at /gallery.html, a list as JSON; nil if there are none
	Names   []NamedUser // who is mentioned in them
}

// StageAct is something that nobody in the workspace does, such as to turn the
// clock on. One with On is a switch: while On is true, its button says Off, and
// Do ends what it began.
type StageAct struct {
	Text string                 // what is on its button, and its name
	Off  string                 // what is on it while On is true; without it, the button waits
	On   func() bool            // whether it is in force; nil for what is done at once
	Do   func() (string, error) // what it returns is for the visitor to read
}

// shownAct is a StageAct as the page draws it.
type shownAct struct {
	Name string `json:"name"`
	Text string `json:"text"`
	On   bool   `json:"on"`
	Wait bool   `json:"wait"` // it can't be pressed now
}

func shownActs(acts []StageAct) []shownAct {
	shown := make([]shownAct, len(acts))
	for i, act := range acts {
		shown[i] = shownAct{Name: act.Text, Text: act.Text, On: act.On != nil && act.On()}
		if shown[i].On {
			shown[i].Text, shown[i].Wait = cmp.Or(act.Off, act.Text), act.Off == ""
		}
	}
	return shown
}

// GuideStep is one thing to try.
type GuideStep struct {
	Text   string `json:"text"`            // what to do and what will be seen
	Person string `json:"person,omitzero"` // by whom, by name or id: the step gets a button that brings them up
	With   string `json:"with,omitzero"`   // who else should be seen, by name or id
	Type   string `json:"type,omitzero"`   // what the button puts into their message box
	// Channel is the name of the channel that the button opens instead.
	Channel string `json:"channel,omitzero"`
}

// NamedUser says who an id in the gallery is.
type NamedUser struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Link leads to another page. Only http and https are followed.
type Link struct {
	Text string `json:"text"`
	URL  string `json:"url"`
}

//go:embed static
var static embed.FS

// Handler serves the page for a workspace, from the root of its own address.
func Handler(ws *slacksim.Workspace, o Options) http.Handler {
	if o.Title == "" {
		o.Title = "Workspace"
	}
	if o.App == "" {
		o.App = "App"
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", files())
	mux.HandleFunc("GET /setup", func(w http.ResponseWriter, _ *http.Request) { o.serve(w, ws.Shortcuts()) })
	mux.HandleFunc("GET /views", o.serveGallery)
	mux.Handle("GET /events", &stream{ws: ws, acts: o.Stage})
	(&stage{ws: ws, acts: o.Stage}).route(mux)
	return guard(mux)
}

func files() http.Handler {
	root, err := fs.Sub(static, "static")
	if err != nil {
		panic("page: the embedded files have no folder static") // only a wrong build can
	}
	return http.FileServerFS(root)
}

// serve tells the page what stands around the screens.
func (o Options) serve(w http.ResponseWriter, shortcuts []slacksim.Shortcut) {
	answer(w, http.StatusOK, struct {
		Title string      `json:"title"`
		App   string      `json:"app"`
		Guide []GuideStep `json:"guide"`
		Links []Link      `json:"links"`

		Shortcuts []slacksim.Shortcut `json:"shortcuts"`
	}{o.Title, o.App, o.Guide, o.Links, shortcuts})
}

func (o Options) serveGallery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		App    string      `json:"app"`
		Views  any         `json:"views"`
		People []NamedUser `json:"people"`
	}{o.App, o.Gallery, o.Names})
}

// answer writes JSON. A browser that went away isn't an error of ours.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// fail answers with a sentence for people.
func fail(w http.ResponseWriter, status int, sentence string) {
	answer(w, status, map[string]string{"error": sentence})
}
