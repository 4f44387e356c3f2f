package bot

import "time"

// PingEvery has the bot's sockets pinged so often.
func (b *Bot) PingEvery(d time.Duration) { b.listener.PingEvery = d }
