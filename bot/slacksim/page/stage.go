package page

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/understudyhq/understudy/bot/slacksim"
)

// maxAct is the size of an act in bytes: a modal's inputs are the largest part,
// 100 of 3,000 characters at most.
const maxAct = 2 << 20

// stage is where what people do becomes an act in the workspace.
type stage struct {
	ws   *slacksim.Workspace
	acts []StageAct
}

// act is what the page sends of every act; each uses some of it.
type act struct {
	Person  string         `json:"person"` // who acts, by id
	Text    string         `json:"text"`   // what was typed into the message box
	Channel string         `json:"channel"`
	Message string         `json:"message"`
	View    string         `json:"view"`
	Home    bool           `json:"home"`
	Block   string         `json:"block"`
	Action  string         `json:"action"`
	Choice  any            `json:"choice"` // an option, as the app sent it
	Query   string         `json:"query"`
	Values  map[string]any `json:"values"` // as view.state.values
}

// done is what the page hears of an act that worked.
type done struct {
	Note    string           `json:"note,omitzero"` // a sentence for who acted
	Options []map[string]any `json:"options,omitzero"`
	Stage   []shownAct       `json:"stage,omitzero"` // how the acts behind the scenes are then
}

func (s *stage) route(mux *http.ServeMux) {
	mux.HandleFunc("POST /do/command", doing(s.command))
	mux.HandleFunc("POST /do/post", doing(s.post))
	mux.HandleFunc("POST /do/shortcut", doing(s.shortcut))
	mux.HandleFunc("POST /do/press", doing(s.press))
	mux.HandleFunc("POST /do/suggest", doing(s.suggest))
	mux.HandleFunc("POST /do/submit", doing(s.submit))
	mux.HandleFunc("POST /do/close", doing(s.close))
	mux.HandleFunc("POST /do/home", doing(s.home))
	mux.HandleFunc("POST /do/stage", doing(s.behind))
}

// doing reads an act, does it and says how it went. What a person did is done
// also when their browser went away meanwhile.
func doing(do func(context.Context, act) (done, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var a act
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAct)).Decode(&a); err != nil {
			fail(w, http.StatusBadRequest, "What was sent can't be read.")
			return
		}
		d, err := do(context.WithoutCancel(r.Context()), a)
		if err != nil {
			fail(w, http.StatusConflict, sentence(err))
			return
		}
		answer(w, http.StatusOK, d)
	}
}

// command takes slash commands. The app reads nothing else that people type.
func (s *stage) command(ctx context.Context, a act) (done, error) {
	text := strings.TrimSpace(a.Text)
	if !strings.HasPrefix(text, "/") {
		return done{Note: "This box takes slash commands: type one that begins with “/”. Nobody here reads other messages."}, nil
	}
	return done{}, s.ws.Command(ctx, a.Person, text)
}

// post writes in a channel, for the others there.
func (s *stage) post(_ context.Context, a act) (done, error) {
	return done{}, s.ws.Post(a.Person, a.Channel, a.Text)
}

func (s *stage) shortcut(ctx context.Context, a act) (done, error) {
	return done{}, s.ws.UseShortcut(ctx, a.Person, a.Channel, a.Message, a.Action)
}

func (s *stage) press(ctx context.Context, a act) (done, error) {
	return done{}, s.ws.Press(ctx, a.Person, slacksim.Press{
		MessageTS: a.Message, ViewID: a.View, Home: a.Home, BlockID: a.Block, ActionID: a.Action, Option: a.Choice, State: a.Values,
	})
}

func (s *stage) suggest(ctx context.Context, a act) (done, error) {
	options, err := s.ws.Suggest(ctx, a.Person, a.View, a.Block, a.Action, a.Query)
	return done{Options: options}, err
}

func (s *stage) submit(ctx context.Context, a act) (done, error) {
	_, err := s.ws.SubmitView(ctx, a.Person, a.View, a.Values) // the screen shows the answer
	return done{}, err
}

func (s *stage) close(ctx context.Context, a act) (done, error) {
	return done{}, s.ws.CloseView(ctx, a.Person, a.View)
}

func (s *stage) home(ctx context.Context, a act) (done, error) {
	return done{}, s.ws.OpenHome(ctx, a.Person)
}

// behind does what nobody in the workspace does.
func (s *stage) behind(_ context.Context, a act) (done, error) {
	for _, one := range s.acts {
		if one.Text == a.Action {
			said, err := one.Do()
			return done{Note: said, Stage: shownActs(s.acts)}, err
		}
	}
	return done{}, errors.New("there is no such button")
}

// sentence makes an error's message one that people read.
func sentence(err error) string {
	text := err.Error()
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:] + "."
}
