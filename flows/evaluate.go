package flows

import (
	"fmt"
	"strings"
	"time"
)

// Outcome is what a flow says to one request, and why.
type Outcome struct {
	Result Result `json:"result"`
	// Why is the rule's reason, or what was missing when it refused.
	Why string `json:"why,omitempty"`
	// Route is who is asked, if Result is Asked.
	Route *Route `json:"route,omitempty"`
	// Needs is the fact to gather, if Result is NeedsFact.
	Needs *Fact `json:"needs,omitempty"`
	// Reads are the facts that the rules read, in their order.
	Reads []Read `json:"reads,omitempty"`
}

// Result is the kind of an outcome. The zero Result allows nothing.
type Result string

// The kinds of outcomes.
const (
	NeedsFact Result = "needs_fact" // gather the fact, then evaluate again
	Approved  Result = "approved"
	Denied    Result = "denied"
	Asked     Result = "asked"
	Refused   Result = "refused" // the rules couldn't decide
)

// Evaluate runs the flow's rules over the facts. The same facts give the same
// outcome. It doesn't panic, whatever the rules do.
func Evaluate(flow Flow, facts Facts) Outcome {
	r := &reading{facts: facts, params: flow.Params}
	outcome := r.run(flow)
	outcome.Reads = r.reads
	return outcome
}

func (r *reading) run(flow Flow) (outcome Outcome) {
	defer func() {
		p := recover()
		switch {
		case r.first != nil:
			outcome = stopped(*r.first)
		case p != nil:
			outcome = Outcome{Result: Refused, Why: fmt.Sprintf("the rule failed: %v", p)}
		}
	}()
	verdict := Ask()
	if flow.OnRequest != nil {
		verdict = flow.OnRequest(Request{r})
	}
	switch verdict.kind {
	case approveVerdict:
		return Outcome{Result: Approved, Why: verdict.why}
	case denyVerdict:
		return Outcome{Result: Denied, Why: verdict.why}
	case askVerdict:
		return r.route(flow)
	case noVerdict:
	}
	return Outcome{Result: Refused, Why: "the rule gave no verdict"}
}

func (r *reading) route(flow Flow) Outcome {
	if flow.Approvers == nil {
		return Outcome{Result: Refused, Why: "the flow names no approvers"}
	}
	route := flow.Approvers(Request{r})
	if why := route.invalid(0); why != "" {
		return Outcome{Result: Refused, Why: why}
	}
	return Outcome{Result: Asked, Route: &route}
}

func stopped(s stop) Outcome {
	if s.needs != nil {
		return Outcome{Result: NeedsFact, Needs: s.needs}
	}
	return Outcome{Result: Refused, Why: s.refusal}
}

// Explain says in one line what was read and what came of it:
// "customer_plan = enterprise, is_assigned = no → on-call managers (schedule PM1)".
func (o Outcome) Explain() string {
	var reads []string
	for _, read := range o.Reads {
		if read.Fact.Kind != ParamFact {
			reads = append(reads, read.String())
		}
	}
	if len(reads) == 0 {
		return o.conclusion()
	}
	return strings.Join(reads, ", ") + " → " + o.conclusion()
}

func (o Outcome) conclusion() string {
	switch o.Result {
	case Asked:
		if o.Route != nil {
			return o.Route.String()
		}
	case NeedsFact:
		if o.Needs != nil {
			return "needs " + o.Needs.String()
		}
	case Approved, Denied, Refused:
	}
	if o.Why == "" {
		return string(o.Result)
	}
	return string(o.Result) + ": " + o.Why
}

// String is the route as an explanation shows it.
func (r Route) String() string {
	var b strings.Builder
	b.WriteString(legsText(r.Legs))
	if r.Quorum > 1 {
		fmt.Fprintf(&b, ", %d must approve", r.Quorum)
	}
	if r.Consent {
		b.WriteString(", and the customer must agree")
	}
	if len(r.Also) > 0 {
		b.WriteString(", may also decide: " + legsText(r.Also))
	}
	for _, e := range r.Escalations {
		fmt.Fprintf(&b, ", after %s also %s", short(e.After), e.Route)
	}
	for _, channel := range r.Channels {
		b.WriteString(", shown in #" + channel)
	}
	if r.Else != nil {
		b.WriteString(", or else " + r.Else.String())
	}
	return b.String()
}

// short is a duration to a second, such as 1h30m.
func short(d time.Duration) string {
	text := d.Round(time.Second).String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return text
}

func legsText(legs []Leg) string {
	texts := make([]string, len(legs))
	for i, leg := range legs {
		texts[i] = leg.String()
	}
	return strings.Join(texts, " and ")
}

// String is the leg as an explanation shows it.
func (l Leg) String() string {
	switch l.Kind {
	case RequesterLeg:
		if l.Why != "" {
			return "the requester (" + l.Why + ")"
		}
		return "the requester"
	case OnCallLeg:
		return "on-call managers (schedule " + l.Name + ")"
	case GroupLeg:
		return "the group @" + l.Name
	case CustomerLeg, ConsentLeg:
		return "the customer"
	case PersonLeg:
	}
	return l.Name
}
