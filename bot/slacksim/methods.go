package slacksim

// method is a Web API method.
type method struct {
	scope string // empty if any bot token will do
	app   bool   // wants the app-level token
	call  func(*Workspace, args) (answer, error)
}

func methodNamed(name string) (method, bool) {
	switch name {
	case "auth.test":
		return method{call: (*Workspace).authTest}, true
	case "apps.connections.open":
		return method{app: true, call: (*Workspace).connectionsOpen}, true
	case "chat.postMessage":
		return method{scope: "chat:write", call: (*Workspace).postMessage}, true
	case "chat.update":
		return method{scope: "chat:write", call: (*Workspace).updateMessage}, true
	case "chat.postEphemeral":
		return method{scope: "chat:write", call: (*Workspace).postEphemeral}, true
	case "chat.getPermalink":
		return method{call: (*Workspace).permalink}, true
	case "conversations.history":
		return method{scope: "im:history", call: (*Workspace).history}, true
	case "conversations.open":
		return method{scope: "im:write", call: (*Workspace).openConversation}, true
	case "conversations.list":
		return method{scope: "channels:read", call: (*Workspace).listConversations}, true
	case "views.open":
		return method{call: (*Workspace).viewsOpen}, true
	case "views.push":
		return method{call: (*Workspace).viewsPush}, true
	case "views.update":
		return method{call: (*Workspace).viewsUpdate}, true
	case "views.publish":
		return method{call: (*Workspace).viewsPublish}, true
	case "users.info":
		return method{scope: "users:read", call: (*Workspace).usersInfo}, true
	case "users.list":
		return method{scope: "users:read", call: (*Workspace).usersList}, true
	case "users.lookupByEmail":
		return method{scope: "users:read.email", call: (*Workspace).lookupByEmail}, true
	case "usergroups.list":
		return method{scope: "usergroups:read", call: (*Workspace).groupsList}, true
	case "usergroups.users.list":
		return method{scope: "usergroups:read", call: (*Workspace).groupMembers}, true
	case "team.info":
		return method{call: (*Workspace).teamInfo}, true
	case "bots.info":
		return method{scope: "users:read", call: (*Workspace).botInfo}, true
	}
	return method{}, false
}
