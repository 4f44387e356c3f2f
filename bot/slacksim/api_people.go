package slacksim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

func (ws *Workspace) domain() string {
	return strings.ToLower(strings.ReplaceAll(ws.o.Name, " ", "-"))
}

func (ws *Workspace) authTest(args) (answer, error) {
	return answer{
		"url": "https://" + ws.domain() + ".slack.com/", "team": ws.o.Name, "user": "understudy",
		"team_id": ws.teamID, "user_id": ws.botUserID, "bot_id": ws.botID, "is_enterprise_install": false,
	}, nil
}

func (ws *Workspace) teamInfo(args) (answer, error) {
	return answer{"team": map[string]any{
		"id": ws.teamID, "name": ws.o.Name, "domain": ws.domain(), "email_domain": "",
		"icon": map[string]any{"image_default": true},
	}}, nil
}

func (ws *Workspace) botInfo(a args) (answer, error) {
	if id := a.text("bot"); id != "" && id != ws.botID {
		return nil, no("bot_not_found")
	}
	return answer{"bot": map[string]any{
		"id": ws.botID, "deleted": false, "name": "understudy", "updated": 1, "app_id": ws.appID, "user_id": ws.botUserID,
		"icons": map[string]any{},
	}}, nil
}

func (ws *Workspace) usersInfo(a args) (answer, error) {
	m := ws.member(a.text("user"))
	if m == nil {
		return nil, no("user_not_found")
	}
	return answer{"user": ws.user(m)}, nil
}

func (ws *Workspace) usersList(args) (answer, error) {
	users := []any{}
	for _, m := range ws.members {
		users = append(users, ws.user(m))
	}
	return answer{"members": users, "cache_ts": 1, "response_metadata": map[string]any{"next_cursor": ""}}, nil
}

func (ws *Workspace) lookupByEmail(a args) (answer, error) {
	email := a.text("email")
	i := slices.IndexFunc(ws.members, func(m *member) bool { return !m.Gone && strings.EqualFold(m.Email, email) })
	if i < 0 {
		return nil, no("users_not_found")
	}
	return answer{"user": ws.user(ws.members[i])}, nil
}

// user is a member as users.info has them.
func (ws *Workspace) user(m *member) map[string]any {
	zone, err := time.LoadLocation(m.Zone)
	if err != nil {
		zone = time.UTC
	}
	short, offset := ws.now().In(zone).Zone()
	user := map[string]any{
		"id": m.ID, "team_id": m.team, "name": m.handle, "deleted": m.Gone, "color": "9f69e7", "real_name": m.Name,
		"tz": m.Zone, "tz_label": short, "tz_offset": offset,
		"is_admin": false, "is_owner": false, "is_primary_owner": false, "is_restricted": m.Guest, "is_ultra_restricted": false,
		"is_bot": false, "is_app_user": false, "updated": 1, "is_email_confirmed": true,
		"profile": map[string]any{
			"title": m.Title, "real_name": m.Name, "real_name_normalized": m.Name, "display_name": "", "display_name_normalized": "",
			"email": m.Email, "team": m.team, "avatar_hash": "0", "status_text": "", "status_emoji": "",
			"image_72": cmp.Or(m.Photo, "https://secure.gravatar.com/avatar/0.jpg?s=72"),
		},
	}
	if m.Stranger {
		user["is_stranger"] = true
	}
	return user
}

func (ws *Workspace) groupsList(args) (answer, error) {
	groups := []any{}
	for _, g := range ws.groups {
		groups = append(groups, map[string]any{
			"id": g.id, "team_id": ws.teamID, "is_usergroup": true, "name": g.name, "handle": g.handle, "description": "",
			"is_external": false, "date_create": 1, "date_update": 1, "date_delete": 0, "user_count": len(g.members),
			"prefs": map[string]any{"channels": []any{}, "groups": []any{}},
		})
	}
	return answer{"usergroups": groups}, nil
}

func (ws *Workspace) groupMembers(a args) (answer, error) {
	i := slices.IndexFunc(ws.groups, func(g *group) bool { return g.id == a.text("usergroup") })
	if i < 0 {
		return nil, no("no_such_subteam")
	}
	ids := []string{}
	for _, m := range ws.groups[i].members {
		ids = append(ids, m.ID)
	}
	return answer{"users": ids}, nil
}
