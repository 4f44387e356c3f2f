package flowtest

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/flows"
)

// request is a made-up request. All of it follows from its number.
type request struct {
	random *rand.Rand
	facts  flows.Facts
}

// newRequest makes up a request of what the rules' source speaks of.
func newRequest(n uint64, flow flows.Flow, s source) *request {
	r := &request{random: rand.New(rand.NewPCG(n, 0))}
	weeks := time.Date(2026, 2, 16, 0, 0, 0, 0, time.UTC)
	r.facts.Time = weeks.Add(time.Duration(r.random.IntN(21*24*60)) * time.Minute)
	r.facts.Params = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(flow.Params)) {
		r.facts.Params[name] = r.param(flow.Params[name], s)
	}
	r.facts.Fields = map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		r.field(name, s.fields[name], s)
	}
	for _, name := range slices.Sorted(maps.Keys(r.facts.Params)) {
		if flow.Params[name] == flows.Text { // it may name a field
			r.field(r.facts.Params[name], fieldKinds[r.random.IntN(len(fieldKinds))], s)
		}
	}
	return r
}

func (r *request) param(kind flows.ParamKind, s source) string {
	switch kind {
	case flows.Number:
		return strconv.FormatFloat(r.number(s), 'f', -1, 64)
	case flows.Duration:
		return (time.Duration(r.random.IntN(600)) * time.Minute).String()
	case flows.Schedule:
		return "PSCHED" + strconv.Itoa(r.random.IntN(3))
	case flows.Email:
		return "person" + strconv.Itoa(r.random.IntN(3)) + "@example.com"
	case flows.UserGroup:
		return "group-" + strconv.Itoa(r.random.IntN(3))
	case flows.Text:
	}
	return cmp.Or(r.text(s), "text")
}

// field gives the account a field: mostly of the kind that the rules read,
// sometimes of another one, sometimes not at all.
func (r *request) field(name string, kind fieldKind, s source) {
	switch r.random.IntN(16) {
	case 0:
		return
	case 1:
		kind = fieldKinds[r.random.IntN(len(fieldKinds))]
	case 2:
		r.facts.Fields[name] = nil
		return
	}
	switch kind {
	case textField:
		r.facts.Fields[name] = r.text(s)
	case flagField:
		r.facts.Fields[name] = r.random.IntN(2) == 0
	case numberField:
		r.facts.Fields[name] = r.number(s)
	}
}

// text is a word of the source, or one that nobody has thought of.
func (r *request) text(s source) string {
	odd := []string{"", " ", "something else", "Ünïcode", "-1", "null", strings.Repeat("long ", 50)}
	if len(s.texts) == 0 || r.random.IntN(4) == 0 {
		return odd[r.random.IntN(len(odd))]
	}
	return s.texts[r.random.IntN(len(s.texts))]
}

// number is one of the source or beside it, or any.
func (r *request) number(s source) float64 {
	odd := []float64{0, 1, -1, 0.5, 7, 24, 1e6, -1e18}
	if len(s.numbers) == 0 || r.random.IntN(4) == 0 {
		return odd[r.random.IntN(len(odd))]
	}
	return s.numbers[r.random.IntN(len(s.numbers))] + float64(r.random.IntN(3)-1)
}

// gather makes up a fact that the flow asks for.
func (r *request) gather(fact flows.Fact) {
	is := r.random.IntN(2) == 0
	switch fact.Kind {
	case flows.OnCallFact:
		r.facts.OnCall = with(r.facts.OnCall, fact.Name, is)
	case flows.GroupFact:
		r.facts.Groups = with(r.facts.Groups, fact.Name, is)
	case flows.PastFact:
		approved, denied := r.random.IntN(12), r.random.IntN(6)
		r.facts.Past = &flows.Past{Requests: approved + denied + r.random.IntN(3), Approved: approved, Denied: denied}
	case flows.FieldFact, flows.ParamFact, flows.TimeFact: // are given from the start
	}
}

func with(m map[string]bool, name string, is bool) map[string]bool {
	if m == nil {
		m = map[string]bool{}
	}
	m[name] = is
	return m
}

// isDirectorys says whether a refusal is for what the account directory has or
// doesn't have, which is the flow's answer to it.
func isDirectorys(why string) bool { return strings.HasPrefix(why, "the account directory") }
