package slacksim

// What an admin can do to an app while it runs. Heal takes it back.

// RevokeAppToken makes every call with the app-level token fail with this
// code, such as token_revoked. Sockets that are open stay so.
func (ws *Workspace) RevokeAppToken(code string) { ws.revoke(ws.appToken, code) }

// RevokeBotToken makes every call with the bot token fail with this code.
func (ws *Workspace) RevokeBotToken(code string) { ws.revoke(ws.botToken, code) }

func (ws *Workspace) revoke(token, code string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.revoked[token] = code
}

// revocation is why the token isn't good any more, empty if it is.
func (ws *Workspace) revocation(token string) string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.trouble.revoked[token]
}

// DisableSocketMode tells every socket that Socket Mode was switched off, and
// closes it a little later.
func (ws *Workspace) DisableSocketMode() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for _, c := range ws.sockets {
		c.sendLast(disconnection("link_disabled"))
	}
}
