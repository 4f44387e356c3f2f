package compare

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Report is what was measured.
type Report struct {
	Machine Machine `json:"machine"`
	Options Options `json:"-"`
	Ours    Figures `json:"understudy"`
	Theirs  Figures `json:"bolt"`
	Disk    Disk    `json:"disk"`
}

// Figures are of one app.
type Figures struct {
	Name string `json:"name"`
	One  Spread `json:"one_in_flight"`
	Many Spread `json:"many_in_flight"`
	// Of Clicked clicks while sockets were refreshed, people read Slack's error
	// for Unanswered, and the decisions of Vanished weren't there.
	Clicked    int `json:"clicked"`
	Unanswered int `json:"unanswered"`
	Vanished   int `json:"vanished"`
	// Of Killed clicks that were acked before a kill, Survived were there.
	Killed   int `json:"killed"`
	Survived int `json:"survived"`
	// AtRest and After are the memory before and after clicks, in bytes.
	AtRest int64 `json:"memory_at_rest"`
	After  int64 `json:"memory_after"`

	one, many   []time.Duration
	late, later int // of one, of many
}

// Spread is of durations, which are in nanoseconds.
type Spread struct {
	Count int           `json:"count"`
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
	Max   time.Duration `json:"max"`
	// Unanswered are those that nothing came of within Slack's three seconds.
	Unanswered int `json:"unanswered"`
}

func (f *Figures) add(inFlight int, took []time.Duration, unanswered int) {
	if inFlight == 1 {
		f.one, f.late = append(f.one, took...), f.late+unanswered
	} else {
		f.many, f.later = append(f.many, took...), f.later+unanswered
	}
}

func (r *Report) sum() {
	for _, f := range []*Figures{&r.Ours, &r.Theirs} {
		f.One, f.Many = spread(f.one, f.late), spread(f.many, f.later)
	}
}

func spread(all []time.Duration, unanswered int) Spread {
	if len(all) == 0 {
		return Spread{}
	}
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[min(len(all)-1, int(share*float64(len(all))))] }
	return Spread{Count: len(all), P50: at(0.5), P99: at(0.99), Max: all[len(all)-1], Unanswered: unanswered}
}

// Print writes the report as a table that is also Markdown.
func (r *Report) Print(w io.Writer) {
	row := func(what string, cell func(f Figures) string) {
		fmt.Fprintf(w, "| %s | %s | %s |\n", what, cell(r.Ours), cell(r.Theirs))
	}
	fmt.Fprintf(w, "| | %s | %s |\n|---|---|---|\n", r.Ours.Name, r.Theirs.Name)
	row(fmt.Sprintf("clicks lost while a socket is refreshed every %v", r.Options.Refresh), func(f Figures) string {
		return fmt.Sprintf("%d of %d", f.Unanswered+f.Vanished, f.Clicked)
	})
	row("acked clicks whose decision survives `kill -9`", func(f Figures) string { return fmt.Sprintf("%d of %d", f.Survived, f.Killed) })
	row("a click's round trip, 1 in flight: p50 / p99", func(f Figures) string { return f.One.String() })
	row(fmt.Sprintf("a click's round trip, %d in flight: p50 / p99", manyInFlight), func(f Figures) string { return f.Many.String() })
	row("memory at rest", func(f Figures) string { return mebibytes(f.AtRest) })
	row(fmt.Sprintf("memory after %d clicks", 2*r.Options.Clicks), func(f Figures) string { return mebibytes(f.After) })
	fmt.Fprintf(w, "\nOn this disk, p50 / p99: an append and flush of %d bytes to a plain file takes %s. The durable commit of a decision takes %s, "+
		"%.2f times as long at p50; reading the case and deciding included, %s.\n",
		r.Disk.Bytes, r.Disk.Flush, r.Disk.Commit, r.Disk.Ratio, r.Disk.Whole)
	fmt.Fprintf(w, "%d clicks each in the round trips. %s\n", r.Ours.One.Count, r.Machine)
}

// String is the middle and the 99th percentile, and what isn't in them.
func (s Spread) String() string {
	text := shown(s.P50) + " / " + shown(s.P99)
	if s.Unanswered > 0 {
		text += fmt.Sprintf(", %d unanswered", s.Unanswered)
	}
	return text
}

func shown(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

func mebibytes(n int64) string {
	if n == 0 {
		return "not known"
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
