package accounts

import (
	"slices"
	"sync"
	"time"
)

// recent holds the answers of searches for a few seconds. Whoever types and
// deletes a letter asks the same twice. What it holds is only shown: no rule
// ever reads it, so nothing stale can allow.
type recent struct {
	mu      sync.Mutex
	answers map[asked]remembered
}

// asked is a search. Its e-mail keeps one person's answer from another.
type asked struct {
	query, email string
	limit        int
}

type remembered struct {
	accounts []Account
	until    time.Time
}

const (
	recentFor = 5 * time.Second
	maxRecent = 200
)

func (r *recent) get(question asked) ([]Account, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer, ok := r.answers[question]
	if !ok || time.Now().After(answer.until) {
		return nil, false
	}
	return slices.Clone(answer.accounts), true
}

func (r *recent) put(question asked, accounts []Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for old, answer := range r.answers {
		if now.After(answer.until) {
			delete(r.answers, old)
		}
	}
	if r.answers == nil || len(r.answers) >= maxRecent {
		r.answers = map[asked]remembered{}
	}
	r.answers[question] = remembered{slices.Clone(accounts), now.Add(recentFor)}
}
