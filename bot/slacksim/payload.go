package slacksim

import (
	"strconv"
	"time"
)

// Payloads have the shapes of docs.slack.dev, "Interaction payloads" and "Slash
// commands", as recorded by Slack's own SDKs.

const verification = "not-a-secret-of-anybody"

func (ws *Workspace) userShape(m *member) map[string]any {
	return map[string]any{"id": m.ID, "username": m.handle, "name": m.handle, "team_id": m.team}
}

func (ws *Workspace) teamShape() map[string]any {
	return map[string]any{"id": ws.teamID, "domain": ws.domain()}
}

func (ws *Workspace) commandPayload(m *member, command, text string) map[string]any {
	return map[string]any{
		"token": verification, "team_id": ws.teamID, "team_domain": ws.domain(), "channel_id": m.im.id, "channel_name": "directmessage",
		"user_id": m.ID, "user_name": m.handle, "command": command, "text": text, "api_app_id": ws.appID,
		"is_enterprise_install": "false", "response_url": ws.newResponse(m, m.im), "trigger_id": ws.newTrigger(m),
	}
}

// interaction is what all interaction payloads have.
func (ws *Workspace) interaction(kind string, m *member) map[string]any {
	return map[string]any{
		"type": kind, "user": ws.userShape(m), "team": ws.teamShape(), "api_app_id": ws.appID, "token": verification,
		"enterprise": nil, "is_enterprise_install": false,
	}
}

func (ws *Workspace) messagePress(m *member, msg *message, action map[string]any) map[string]any {
	p := ws.interaction("block_actions", m)
	p["container"] = map[string]any{"type": "message", "message_ts": msg.ts, "channel_id": m.im.id, "is_ephemeral": msg.only != nil}
	p["channel"] = map[string]any{"id": m.im.id, "name": "directmessage"}
	p["message"] = ws.messageShape(msg)
	p["state"] = map[string]any{"values": map[string]any{}}
	p["response_url"] = ws.newResponse(m, m.im)
	p["trigger_id"] = ws.newTrigger(m)
	p["actions"] = []any{action}
	return p
}

func (ws *Workspace) viewPress(m *member, view map[string]any, action map[string]any) map[string]any {
	p := ws.interaction("block_actions", m)
	p["container"] = map[string]any{"type": "view", "view_id": view["id"]}
	p["view"] = view
	p["trigger_id"] = ws.newTrigger(m)
	p["actions"] = []any{action}
	return p
}

func (ws *Workspace) suggestionPayload(m *member, view map[string]any, block, action, value string) map[string]any {
	p := ws.interaction("block_suggestion", m)
	p["container"] = map[string]any{"type": "view", "view_id": view["id"]}
	p["view"], p["block_id"], p["action_id"], p["value"] = view, block, action, value
	return p
}

func (ws *Workspace) submissionPayload(m *member, view map[string]any) map[string]any {
	p := ws.interaction("view_submission", m)
	p["view"], p["trigger_id"], p["response_urls"] = view, ws.newTrigger(m), []any{}
	return p
}

func (ws *Workspace) closedPayload(m *member, view map[string]any) map[string]any {
	p := ws.interaction("view_closed", m)
	p["view"], p["is_cleared"] = view, false
	return p
}

func (ws *Workspace) homeOpenedPayload(m *member) map[string]any {
	return ws.eventPayload(map[string]any{"type": "app_home_opened", "user": m.ID, "channel": m.im.id, "tab": "home"})
}

// userChangePayload is of user_change, whose user is a whole one.
// https://docs.slack.dev/reference/events/user_change
func (ws *Workspace) userChangePayload(m *member) map[string]any {
	return ws.eventPayload(map[string]any{"type": "user_change", "user": ws.user(m), "cache_ts": ws.now().Unix()})
}

func (ws *Workspace) eventPayload(event map[string]any) map[string]any {
	now := ws.now()
	event["event_ts"] = strconv.FormatInt(now.Unix(), 10) + ".000000"
	return map[string]any{
		"token": verification, "team_id": ws.teamID, "api_app_id": ws.appID, "type": "event_callback",
		"event_id": ws.id("Ev"), "event_time": now.Unix(), "is_ext_shared_channel": false,
		"authorizations": []any{map[string]any{"enterprise_id": nil, "team_id": ws.teamID, "user_id": ws.botUserID, "is_bot": true, "is_enterprise_install": false}},
		"event":          event,
	}
}

// response is a response URL: half an hour, five uses.
type response struct {
	who  *member
	in   *conversation
	ends time.Time
	left int
}

const (
	responseLife = 30 * time.Minute
	responseUses = 5
)

// newResponse makes a response URL. Locked.
func (ws *Workspace) newResponse(m *member, c *conversation) string {
	id := ws.id("") + ws.id("")
	ws.responses[id] = &response{who: m, in: c, ends: ws.now().Add(responseLife), left: responseUses}
	return ws.url + "/respond/" + id
}
