package slacksim

import (
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"
)

// Fault is something that goes wrong with a Web API call.
type Fault struct {
	kind   faultKind
	wait   time.Duration
	status int
}

type faultKind int

const (
	fine faultKind = iota
	rateLimited
	status
	hang
	loseAnswer
)

// RateLimited answers 429 with this Retry-After, in whole seconds.
func RateLimited(after time.Duration) Fault { return Fault{kind: rateLimited, wait: after} }

// Status answers with a bare HTTP status, such as 500.
func Status(code int) Fault { return Fault{kind: status, status: code} }

// Hang never answers.
func Hang() Fault { return Fault{kind: hang} }

// LoseAnswer does what was asked, and cuts the connection before the answer.
func LoseAnswer() Fault { return Fault{kind: loseAnswer} }

// Shares of what goes wrong by itself, unless the workspace is calm.
const (
	limitedCalls   = 0.03
	doubled        = 0.05
	refreshedAfter = 0.02 // of envelopes
)

// trouble is what goes wrong, by itself and as ordered.
type trouble struct {
	calm       bool
	random     *rand.Rand
	retryAfter time.Duration
	ordered    map[string][]Fault // by method
	forget     int                // acks to ignore
	double     int                // envelopes to deliver twice
	shares     []sharedFault
	limited    []string               // methods that are held to Slack's limits
	taken      map[string][]time.Time // the last calls that were taken, by method
	posts      map[string]*rate.Limiter
	picturesGo bool              // no picture can be fetched
	cutAfter   int               // envelopes after which to cut their socket
	revoked    map[string]string // by token: Slack's word for why
}

func (t *trouble) init(o Options) {
	t.calm, t.retryAfter = o.Calm, o.RetryAfter
	t.random = rand.New(rand.NewPCG(o.Seed, 2))
	t.ordered, t.revoked = map[string][]Fault{}, map[string]string{}
}

func (t *trouble) strikes(share float64) bool { return !t.calm && t.random.Float64() < share }

// Fail makes the next n calls of a method go wrong.
func (ws *Workspace) Fail(method string, n int, f Fault) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for range n {
		ws.trouble.ordered[method] = append(ws.trouble.ordered[method], f)
	}
}

// Calm leaves out from now on what goes wrong by itself.
func (ws *Workspace) Calm() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.calm = true
}

// LosePictures has Slack fetch no picture any more, so that it refuses messages
// that have one.
func (ws *Workspace) LosePictures() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.picturesGo = true
}

// Heal forgets every fault that was ordered, and ends the sockets that stall.
func (ws *Workspace) Heal() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	clear(ws.trouble.ordered)
	ws.trouble.shares, ws.trouble.picturesGo = nil, false
	clear(ws.trouble.revoked)
	ws.trouble.forget, ws.trouble.double, ws.trouble.cutAfter = 0, 0, 0
	ws.unstall()
}

// ForgetAcks ignores the next n acks, so that people read that the app failed.
func (ws *Workspace) ForgetAcks(n int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.forget = n
}

// DeliverTwice delivers the next n envelopes twice.
func (ws *Workspace) DeliverTwice(n int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.trouble.double = n
}

// faultFor is what is to go wrong with this call.
func (ws *Workspace) faultFor(method string, a args) Fault {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ordered := ws.trouble.ordered[method]; len(ordered) > 0 {
		ws.trouble.ordered[method] = ordered[1:]
		return ordered[0]
	}
	if fault, struck := ws.trouble.shared(method); struck {
		return fault
	}
	if wait := ws.tooMany(method, a.text("channel")); wait > 0 {
		return RateLimited(wait)
	}
	// A view's trigger would be gone by the time a client may call again.
	if !usesTrigger(method) && ws.trouble.strikes(limitedCalls) {
		return RateLimited(ws.trouble.retryAfter)
	}
	return Fault{}
}
