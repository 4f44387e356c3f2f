package provision

import "time"

// Window says which past cases are replayed: those of the last Days, or the Last
// ones, or the Last ones of those Days. The zero Window is the last 30 days.
type Window struct{ Days, Last int }

const (
	replayDays   = 30
	mostDays     = 36_500
	mostReplayed = 10_000
)

// Check says what can't be asked of the window.
func (w Window) Check() []Problem {
	var problems []Problem
	if w.Days < 0 || w.Days > mostDays {
		problems = append(problems, problem("days", "it isn't a number from 1 to %d", mostDays))
	}
	if w.Last < 0 || w.Last > mostReplayed {
		problems = append(problems, problem("last", "it isn't a number from 1 to %d", mostReplayed))
	}
	return problems
}

// Since is when the window begins.
func (w Window) since(now time.Time) time.Time {
	switch {
	case w.Days > 0:
		return now.AddDate(0, 0, -w.Days)
	case w.Last > 0:
		return time.Unix(0, 0)
	}
	return now.AddDate(0, 0, -replayDays)
}

// Begin is a replay of the window's cases, without any case yet.
func (w Window) Begin(now time.Time) *Replay { return NewReplay(w.since(now)) }
