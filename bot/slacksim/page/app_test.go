package page_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/slacksim/page"
)

// theatre is a workspace with an app in it, served with its page.
type theatre struct {
	ws       *slacksim.Workspace
	url      string
	kim, mia slacksim.PersonInfo
}

// open serves a workspace with two people, and an app that lends umbrellas:
// "/lend" opens a modal, the lender gets a DM with buttons, and both read what
// was decided.
func open(t *testing.T) *theatre {
	t.Helper()
	ws := slacksim.New(slacksim.Options{Calm: true})
	mux := http.NewServeMux()
	mux.Handle("/api/", ws)
	mux.HandleFunc("/link/", func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Origin") // this client says that it is Slack's website
		ws.ServeHTTP(w, r)
	})
	mux.Handle("/respond/", ws)
	mux.Handle("/", page.Handler(ws, page.Options{
		Title: "Umbrellas", App: "Lender",
		Guide: []page.GuideStep{{Text: "Ask for an umbrella.", Person: "Kim Berg", Type: "/lend red"}},
	}))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(ws.Close)
	t.Cleanup(server.CloseClientConnections)
	ws.SetURL(server.URL)
	kim := ws.AddPerson("Kim Berg", "kim@example.com", slacksim.Title("Borrower"))
	mia := ws.AddPerson("Mia Falk", "mia@example.com", slacksim.Title("Lender"))
	ws.AddChannel("weather", kim, mia)
	people := ws.People()
	th := &theatre{ws: ws, url: server.URL, kim: people[0], mia: people[1]}
	th.runApp(t)
	return th
}

// lender is the app. It is Slack's client in Go on the workspace's sockets.
type lender struct {
	api    *slack.Client
	socket *socketmode.Client
	mia    string
	url    string
	asked  []string // whose request it is, and where each copy was posted: channel, ts
}

func (th *theatre) runApp(t *testing.T) {
	t.Helper()
	api := slack.New(th.ws.BotToken(), slack.OptionAppLevelToken(th.ws.AppToken()), slack.OptionAPIURL(th.ws.APIURL()))
	l := &lender{api: api, socket: socketmode.New(api), mia: th.mia.ID, url: th.url}
	ctx, cancel := context.WithCancel(context.Background())
	connected := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() { _ = l.socket.RunContext(ctx) })
	running.Go(func() { l.listen(ctx, t, sync.OnceFunc(func() { close(connected) })) })
	t.Cleanup(func() { cancel(); running.Wait() })
	<-connected
}

func (l *lender) listen(ctx context.Context, t *testing.T, connected func()) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-l.socket.Events:
			if e.Type == socketmode.EventTypeHello {
				connected()
			}
			if err := l.handle(ctx, e); err != nil && ctx.Err() == nil {
				t.Errorf("the app handles %s: %v", e.Type, err)
			}
		}
	}
}

func (l *lender) handle(ctx context.Context, e socketmode.Event) error {
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		l.socket.Ack(*e.Request)
		_, err := l.api.OpenViewContext(ctx, data.TriggerID, form(data.Text))
		return err
	case slackevents.EventsAPIEvent:
		l.socket.Ack(*e.Request)
		return l.home(ctx, data.InnerEvent.Data.(*slackevents.AppHomeOpenedEvent).User, "Umbrellas at home")
	case slack.InteractionCallback:
		return l.interact(ctx, *e.Request, data)
	}
	return nil
}

func (l *lender) interact(ctx context.Context, r socketmode.Request, c slack.InteractionCallback) error {
	switch c.Type {
	case slack.InteractionTypeBlockSuggestion:
		l.socket.Ack(r, slack.OptionsResponse{Options: umbrellas(c.Value)})
		return nil
	case slack.InteractionTypeViewSubmission:
		return l.ask(ctx, r, c)
	case slack.InteractionTypeBlockActions:
		l.socket.Ack(r)
		if c.View.Type == slack.VTHomeTab {
			return l.home(ctx, c.User.ID, told(c.ActionCallback.BlockActions[0]))
		}
		return l.decide(ctx, c.User.ID, c.ActionCallback.BlockActions[0].ActionID)
	default:
		l.socket.Ack(r)
		return nil
	}
}

// ask refuses umbrellas for the beach and asks Mia about the others.
func (l *lender) ask(ctx context.Context, r socketmode.Request, c slack.InteractionCallback) error {
	why := c.View.State.Values["why"]["why"].Value
	if strings.Contains(why, "beach") {
		l.socket.Ack(r, slack.NewErrorsViewSubmissionResponse(map[string]string{"why": "Not for the beach."}))
		return nil
	}
	l.socket.Ack(r)
	which := c.View.State.Values["which"]["which"].SelectedOption.Text.Text
	story := "<@" + c.User.ID + "> asks for *" + which + "*: <b>" + why + "</b>"
	l.asked = nil
	if err := l.post(ctx, c.User.ID, slack.MsgOptionText("Asked for "+which+".", false)); err != nil {
		return err
	}
	return l.post(ctx, l.mia, slack.MsgOptionBlocks(
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, story, false, false), nil, nil),
		slack.NewActionBlock("decide",
			slack.NewButtonBlockElement("lend", "1", text("Lend")).WithStyle(slack.StylePrimary),
			slack.NewButtonBlockElement("keep", "1", text("Keep")).WithConfirm(
				slack.NewConfirmationBlockObject(text("Keep it?"), text("Rain is likely."), text("Do keep"), text("Back"))))))
}

func (l *lender) post(ctx context.Context, user string, o slack.MsgOption) error {
	opened, _, _, err := l.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		return err
	}
	channel, ts, err := l.api.PostMessageContext(ctx, opened.ID, o)
	l.asked = append(l.asked, channel, ts)
	return err
}

func (l *lender) decide(ctx context.Context, by, action string) error {
	said := map[string]string{"lend": "Lent by ", "keep": "Kept by "}[action] + "<@" + by + ">"
	for i := 0; i < len(l.asked); i += 2 {
		if _, _, _, err := l.api.UpdateMessageContext(ctx, l.asked[i], l.asked[i+1], slack.MsgOptionText(said, false),
			slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, said, false, false), nil, nil))); err != nil {
			return err
		}
	}
	return nil
}

func text(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
}

func umbrellas(query string) []*slack.OptionBlockObject {
	options := []*slack.OptionBlockObject{}
	for _, colour := range []string{"Red", "Green", "Blue"} {
		if strings.Contains(strings.ToLower(colour), strings.ToLower(query)) {
			options = append(options, slack.NewOptionBlockObject(colour, text(colour+" umbrella"), text("dry")))
		}
	}
	return options
}

func form(colour string) slack.ModalViewRequest {
	which := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, text("Colour"), "which")
	atOnce := 0
	which.MinQueryLength = &atOnce
	if found := umbrellas(colour); colour != "" && len(found) == 1 {
		which.InitialOption = found[0]
	}
	why := slack.NewPlainTextInputBlockElement(text("Where it rains"), "why").WithMultiline(true).WithMinLength(3).WithMaxLength(50)
	until := slack.NewRadioButtonsBlockElement("until", umbrellas("")...)
	until.InitialOption = until.Options[0]
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: text("Borrow an umbrella"), Submit: text("Ask"), Close: text("Cancel"),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("which", text("Umbrella"), nil, which),
			slack.NewInputBlock("why", text("Why"), text("At least a word"), why),
			slack.NewInputBlock("handle", text("Handle"), nil, until),
		}},
	}
}
