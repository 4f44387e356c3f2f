package storm

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// Result is what came of a storm.
type Result struct {
	Seed       uint64
	Took       time.Duration
	Acts       int
	Outcomes   map[verb]map[outcome]int
	Deeds      int // events of people that were matched with what they did
	Told       int
	Excused    int
	Cards      int
	Faults     map[string]int
	Kills      int
	Starts     int
	Calms      []time.Duration // how long each calm took
	Ends       map[approval.Status]int
	Open       int
	Cases      int
	Events     int
	Errors     []string // the bot's error lines, by kind
	Violations []string
	Log        string // the bot's log, kept if there are violations
}

func (r *Result) add(e *evidence, report store.Report) {
	for _, a := range e.acts {
		if r.Outcomes[a.verb] == nil {
			r.Outcomes[a.verb] = map[outcome]int{}
		}
		r.Outcomes[a.verb][a.outcome]++
	}
	r.Acts += e.checked.acts
	r.Deeds += e.checked.deeds
	r.Told += e.checked.told
	r.Excused += e.checked.excused
	r.Cards += e.checked.cards
	r.Cases, r.Open, r.Events = report.Cases, report.Open, report.Events
}

// finished is the result as it is now.
func (s *Storm) finished(began time.Time) Result {
	s.note(func() {
		s.result.Took, s.result.Faults = time.Since(began), s.sky.counts
		s.result.Kills, s.result.Starts, s.result.Errors = s.bot.kills, s.bot.starts, s.log.kinds()
	})
	return s.result
}

// Print writes the result for people.
func (r Result) Print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "seed\t%d\n", r.Seed)
	fmt.Fprintf(w, "time\t%s, %d rounds\n", r.Took.Round(time.Second), len(r.Calms))
	fmt.Fprintf(w, "acts of people\t%d\n", r.Acts)
	for _, v := range slices.Sorted(maps.Keys(r.Outcomes)) {
		fmt.Fprintf(w, "  %s\t%s\n", v, counts(r.Outcomes[v]))
	}
	fmt.Fprintf(w, "events of people\t%d, each matched with what its person did\n", r.Deeds)
	fmt.Fprintf(w, "private answers\t%d instead of an effect\n", r.Told)
	fmt.Fprintf(w, "silences\t%d, each while what carries answers failed\n", r.Excused)
	fmt.Fprintf(w, "faults\t\n")
	for _, name := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "  %s\t%d\n", name, r.Faults[name])
	}
	fmt.Fprintf(w, "the bot was killed\t%d times, and started %d times\n", r.Kills, r.Starts)
	fmt.Fprintf(w, "cards compared\t%d\n", r.Cards)
	fmt.Fprintf(w, "cases\t%d, with %d events; %d open; over: %s\n", r.Cases, r.Events, r.Open, counts(r.Ends))
	if len(r.Calms) > 0 {
		sorted := slices.Sorted(slices.Values(r.Calms))
		fmt.Fprintf(w, "time to converge\tmedian %s, longest %s\n", sorted[len(sorted)/2].Round(100*time.Millisecond), sorted[len(sorted)-1].Round(100*time.Millisecond))
	}
	fmt.Fprintf(w, "violations\t%d\n", len(r.Violations))
	_ = w.Flush() // out says what is wrong with it by itself
	if len(r.Errors) > 0 {
		fmt.Fprintf(out, "error lines of the bot, by kind:\n%s\n", strings.Join(r.Errors, "\n"))
	}
	for _, violation := range r.Violations {
		fmt.Fprintf(out, "VIOLATION: %s\n", violation)
	}
}

func counts[K ~string](m map[K]int) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(parts, ", ")
}
