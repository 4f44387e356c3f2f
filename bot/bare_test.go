package bot_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/socket"
	"github.com/understudyhq/understudy/bot/view"
)

// bare is an app that answers with what it has in hand: it opens the form, gives
// suggestions that it has ready, writes a sentence above a pick, and posts a line
// about a submission. It looks nothing up, decides nothing and keeps
// nothing, so that what the same people wait for with it is the way through the
// simulator and no more.
type bare struct {
	slack    *slack.Client
	form     view.Form
	options  func(query string) []view.Option
	told     func(account string) string   // the sentence above a pick
	asked    func(account string) []string // who gets the line, by their ids
	answered sync.WaitGroup
}

// stageBare runs a bare app in the world in the bot's place.
func (w *world) stageBare(b *bare) {
	_, transport := newWire(w.t, w.ws)
	w.ws.SetURL("http://slack.test")
	b.slack = slack.New(w.ws.BotToken(), slack.OptionAPIURL(w.ws.APIURL()), slack.OptionAppLevelToken(w.ws.AppToken()),
		slack.OptionHTTPClient(&http.Client{Timeout: 10 * time.Second, Transport: transport}))
	listener := &socket.Listener{Log: w.log, HTTP: &http.Client{Transport: transport}, Handle: b.handle, Open: func(ctx context.Context) (string, error) {
		_, url, err := b.slack.StartSocketModeContext(ctx)
		return url, err
	}}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- listener.Run(ctx) }()
	w.t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			w.t.Errorf("the bare app ended with: %v", err)
		}
		b.answered.Wait()
	})
	w.until("the bare app connects", func() bool { return w.ws.Connections() == 2 })
}

func (b *bare) handle(_ context.Context, e socket.Envelope) (any, error) {
	if e.Type == "slash_commands" {
		var command slack.SlashCommand
		err := json.Unmarshal(e.Payload, &command)
		form := b.form
		form.Account = &view.Option{ID: command.Text, Name: command.Text}
		if command.Text == "" {
			form.Account = nil
		}
		b.later(func(ctx context.Context) error {
			_, err := b.slack.OpenViewContext(ctx, command.TriggerID, view.FormModal(form))
			return err
		})
		return nil, err
	}
	var action slack.InteractionCallback
	if err := json.Unmarshal(e.Payload, &action); err != nil {
		return nil, err
	}
	form, account := b.form.ReadPicked(action.View)
	switch action.Type {
	case slack.InteractionTypeBlockSuggestion:
		return slack.OptionsResponse{Options: view.AccountOptions(b.options(action.Value))}, nil
	case slack.InteractionTypeBlockActions:
		form.Notice = b.told(account)
		b.later(func(ctx context.Context) error {
			_, err := b.slack.UpdateViewContext(ctx, view.FormModal(form), "", action.View.Hash, action.View.ID)
			return err
		})
	case slack.InteractionTypeViewSubmission:
		for _, person := range b.asked(account) {
			b.later(func(ctx context.Context) error {
				_, _, err := b.slack.PostMessageContext(ctx, person, slack.MsgOptionText("Somebody asks to sign in as "+account, false))
				return err
			})
		}
	default:
	}
	return nil, nil
}

func (b *bare) later(answer func(context.Context) error) {
	b.answered.Go(func() {
		if err := answer(context.Background()); err != nil {
			panic("the bare app: " + err.Error())
		}
	})
}
