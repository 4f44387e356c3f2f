package slacksim

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Slack's documented limits. Source: docs.slack.dev, "Rate limits": tiers are
// calls of one method in a minute; a channel takes about one message a second,
// and more for a moment.
const (
	tier1 = 1
	tier2 = 20
	tier3 = 50
	tier4 = 100

	postBurst = 5
	postEvery = time.Second
)

func tierOf(method string) int {
	switch method {
	case "usergroups.list", "usergroups.users.list", "conversations.list", "users.list":
		return tier2
	case "apps.connections.open":
		return tier1
	case "chat.update", "conversations.open", "conversations.history", "users.lookupByEmail", "team.info", "bots.info":
		return tier3
	case "views.open", "views.push", "views.update", "views.publish", "users.info", "chat.postEphemeral":
		return tier4
	}
	return 0 // auth.test takes hundreds
}

// LimitRates holds calls of these methods to Slack's documented limits. More
// are answered 429, with the time until one would be taken.
func (ws *Workspace) LimitRates(methods ...string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.limited = methods
	ws.trouble.taken, ws.trouble.posts = map[string][]time.Time{}, map[string]*rate.Limiter{}
}

// tooMany says how long a call has to wait; zero takes it. Locked.
func (ws *Workspace) tooMany(method, channel string) time.Duration {
	if !slices.Contains(ws.trouble.limited, method) {
		return 0
	}
	now := ws.now()
	if method == "chat.postMessage" {
		return ws.tooManyPosts(channel, now)
	}
	most := tierOf(method)
	if most == 0 {
		return 0
	}
	recent := slices.DeleteFunc(ws.trouble.taken[method], func(at time.Time) bool { return now.Sub(at) >= time.Minute })
	if len(recent) >= most {
		ws.trouble.taken[method] = recent
		return time.Minute - now.Sub(recent[0])
	}
	ws.trouble.taken[method] = append(recent, now)
	return 0
}

// tooManyPosts says the same of a message to a channel. Locked.
func (ws *Workspace) tooManyPosts(channel string, now time.Time) time.Duration {
	posts := ws.trouble.posts[channel]
	if posts == nil {
		posts = rate.NewLimiter(rate.Every(postEvery), postBurst)
		ws.trouble.posts[channel] = posts
	}
	reserved := posts.ReserveN(now, 1)
	wait := reserved.DelayFrom(now)
	if wait > 0 {
		reserved.CancelAt(now)
	}
	return wait
}

// FailSome makes a share of a method's calls go wrong from now on, by the
// workspace's seed. An empty method is every one whose trigger doesn't end
// meanwhile.
func (ws *Workspace) FailSome(method string, share float64, f Fault) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.shares = append(ws.trouble.shares, sharedFault{method, share, f})
}

// sharedFault is what goes wrong with a share of a method's calls.
type sharedFault struct {
	method string
	share  float64
	fault  Fault
}

// shared is the fault of this call, if it is one of the share. Locked.
func (t *trouble) shared(method string) (Fault, bool) {
	for _, s := range t.shares {
		if (s.method == method || s.method == "" && !usesTrigger(method)) && t.random.Float64() < s.share {
			return s.fault, true
		}
	}
	return Fault{}, false
}

// usesTrigger says whether a call can't wait: its trigger would be gone.
func usesTrigger(method string) bool { return method == "views.open" || method == "views.push" }

// RefusePosts answers messages to a person's id, or to a channel's name, with
// this error of Slack's, as a workspace's settings or an archive do.
func (ws *Workspace) RefusePosts(to, code string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if c := ws.conversation(to); c != nil {
		c.refuses = code
	}
}
