package slacksim

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// Limits of messages. Source: docs.slack.dev, chat.postMessage.
const (
	maxText          = 40_000
	maxMessageBlocks = 50
	// blocksRemembered are those of earlier versions that can still be clicked.
	blocksRemembered = 100
)

func (ws *Workspace) postMessage(a args) (answer, error) {
	c, err := ws.writable(a.text("channel"))
	if err != nil {
		return nil, err
	}
	m := &message{ts: ws.ts()}
	if err := ws.fill(m, a); err != nil {
		return nil, err
	}
	c.messages = append(c.messages, m)
	ws.announce()
	return answer{"channel": c.id, "ts": m.ts, "message": ws.messageShape(m)}, nil
}

func (ws *Workspace) updateMessage(a args) (answer, error) {
	c := ws.conversation(a.text("channel"))
	if c == nil || c.private || ws.member(a.text("channel")) != nil { // chat.update doesn't take a person's id
		return nil, no("channel_not_found")
	}
	m := c.find(a.text("ts"))
	if m == nil || m.only != nil {
		return nil, no("message_not_found")
	}
	if m.from != nil {
		return nil, no("cant_update_message")
	}
	if err := ws.fill(m, a); err != nil {
		return nil, err
	}
	m.edited = true
	ws.announce()
	shape := ws.messageShape(m)
	delete(shape, "ts") // Slack's answer has it beside the message only
	return answer{"channel": c.id, "ts": m.ts, "text": m.text, "message": shape}, nil
}

func (ws *Workspace) postEphemeral(a args) (answer, error) {
	c, err := ws.writable(a.text("channel"))
	if err != nil {
		return nil, err
	}
	to := ws.member(a.text("user"))
	if to == nil || !slices.Contains(c.members, to) {
		return nil, no("user_not_in_channel")
	}
	m := &message{ts: ws.ts(), only: to}
	if err := ws.fill(m, a); err != nil {
		return nil, err
	}
	c.messages = append(c.messages, m)
	ws.announce()
	return answer{"message_ts": m.ts}, nil
}

// writable finds the conversation that a message is for.
func (ws *Workspace) writable(channel string) (*conversation, error) {
	c := ws.conversation(channel)
	switch {
	case channel == "" || c == nil || c.private:
		return nil, no("channel_not_found")
	case c.with != nil && c.with.Gone:
		return nil, no("user_disabled")
	case c.with != nil && c.with.Stranger:
		return nil, no("channel_not_found")
	case c.refuses != "":
		return nil, no(c.refuses)
	}
	return c, nil
}

// fill checks and takes what a message shows.
func (ws *Workspace) fill(m *message, a args) error {
	given, err := a.object("blocks")
	if err != nil {
		return err
	}
	blocks, _ := given.([]any)
	if given != nil && blocks == nil {
		return no("invalid_blocks_format")
	}
	text := a.text("text")
	switch {
	case text == "" && len(blocks) == 0:
		return no("no_text")
	case utf8.RuneCountInString(text) > maxText:
		return no("msg_too_long")
	}
	if problems := checkBlocks(blocks, maxMessageBlocks, messageSurface); len(problems) > 0 {
		return &apiError{code: "invalid_blocks", messages: problems}
	}
	if at := pictureIn(blocks); at != "" && ws.trouble.picturesGo {
		return &apiError{code: "invalid_blocks", messages: []string{"[ERROR] downloading image failed [json-pointer:" + at + "]"}}
	}
	metadata, err := a.object("metadata")
	if err != nil {
		return err
	}
	if metadata != nil {
		m.metadata = metadata
	}
	ws.nameBlocks(blocks)
	m.was = append(m.was[max(0, len(m.was)-blocksRemembered):], m.blocks...)
	m.text, m.blocks = text, blocks
	return nil
}

// messageShape is a message as answers and payloads have it.
func (ws *Workspace) messageShape(m *message) map[string]any {
	if m.from != nil {
		return ws.postShape(m)
	}
	shape := map[string]any{
		"type": "message", "user": ws.botUserID, "bot_id": ws.botID, "app_id": ws.appID, "team": ws.teamID,
		"ts": m.ts, "text": m.text, "blocks": list(m.blocks),
	}
	if m.edited {
		shape["edited"] = map[string]any{"user": ws.botID, "ts": m.ts}
	}
	return shape
}

func list(blocks []any) []any {
	if blocks == nil {
		return []any{}
	}
	return blocks
}

func (ws *Workspace) openConversation(a args) (answer, error) {
	m := ws.member(a.text("users"))
	switch {
	case m == nil:
		return nil, no("user_not_found")
	case m.Gone:
		return nil, no("user_disabled")
	}
	return answer{"channel": map[string]any{"id": m.im.id}, "no_op": true, "already_open": true}, nil
}

func (ws *Workspace) listConversations(args) (answer, error) {
	channels := []any{}
	for _, c := range ws.conversations {
		if c.with == nil && !c.private {
			channels = append(channels, map[string]any{"id": c.id, "name": c.name, "is_channel": true, "is_member": true, "is_archived": false})
		}
	}
	return answer{"channels": channels, "response_metadata": map[string]any{"next_cursor": ""}}, nil
}

const historyPage = 100

func (ws *Workspace) history(a args) (answer, error) {
	c := ws.conversation(a.text("channel"))
	if c == nil || c.private || ws.member(a.text("channel")) != nil {
		return nil, no("channel_not_found")
	}
	if c.with == nil && !slices.Contains(ws.o.Scopes, "channels:history") {
		return nil, no("missing_scope")
	}
	limit, err := strconv.Atoi(a.text("limit"))
	if err != nil || limit < 1 || limit > 999 {
		limit = historyPage
	}
	found := ws.between(c, a)
	start, err := cursorOf(a)
	if err != nil {
		return nil, err
	}
	start = min(start, len(found)) // messages were deleted since the page before
	end := min(start+limit, len(found))
	more, next := end < len(found), ""
	if more {
		next = strconv.Itoa(end)
	}
	return answer{
		"messages": found[start:end], "has_more": more, "pin_count": 0, "channel_actions_ts": nil, "channel_actions_count": 0,
		"response_metadata": map[string]any{"next_cursor": next},
	}, nil
}

// cursorOf is how many messages the pages before held.
func cursorOf(a args) (int, error) {
	text := a.text("cursor")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, no("invalid_cursor")
	}
	return int(n), nil
}

// between are the messages that everybody sees, newest first, as Slack gives them.
func (ws *Workspace) between(c *conversation, a args) []any {
	oldest, latest := a.text("oldest"), a.text("latest")
	found := []any{}
	for _, m := range slices.Backward(c.messages) {
		if m.deleted || m.only != nil || oldest != "" && before(m.ts, oldest) || latest != "" && before(latest, m.ts) {
			continue
		}
		shape := ws.messageShape(m)
		if m.metadata != nil && a.flag("include_all_metadata") {
			shape["metadata"] = m.metadata
		}
		found = append(found, shape)
	}
	return found
}

// before compares time stamps, which are too long for a float64.
func before(a, b string) bool { return stampMicros(a) < stampMicros(b) }

func stampMicros(ts string) int64 {
	whole, fraction := ts, ""
	for i := range ts {
		if ts[i] == '.' {
			whole, fraction = ts[:i], ts[i+1:]
			break
		}
	}
	seconds, _ := strconv.ParseInt(whole, 10, 64) // what isn't a time stamp counts as 0
	micros, _ := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	return seconds*1_000_000 + micros
}
