package bot

import (
	"time"

	"github.com/understudyhq/understudy/bot/deliver"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/bot/socket"
	"github.com/understudyhq/understudy/store"
)

// Watch is who is told what the bot does, to count it. Its functions are called
// on the way of the work, so they return at once. A nil one isn't called.
type Watch struct {
	// Committed is told of every change of a case, once it is durable.
	Committed func(store.Result)
	// Handled is as in [socket.Listener].
	Handled func(kind string, after time.Duration, acked bool)
	// Delivery is told what came of every look at a card.
	Delivery func(deliver.Attempt)
	// Notice is told what came of every try to tell an app.
	Notice func(notify.Attempt)
}

// Sockets are the bot's connections to Slack.
type Sockets struct {
	Connected int // Slack has greeted them
	Held      int // those being opened included
	Stats     socket.Stats
}

// Sockets says how many connections there are, and what came by them so far.
func (b *Bot) Sockets() Sockets {
	return Sockets{Connected: b.listener.Connected(), Held: b.listener.Held(), Stats: b.listener.Stats()}
}
