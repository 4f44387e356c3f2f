package view

import (
	"cmp"
	"slices"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// maxLegs is how many ways of a route are told one by one.
const maxLegs = 4

// askedPeople names those who were asked by how the rules found them: "the
// on-call managers (Support managers): Mia and Ola".
func askedPeople(approvers []approval.Approver, reader string) sentence {
	var s sentence
	for i, leg := range legsOf(approvers) {
		if i == maxLegs {
			return append(s, text("; and others"))
		}
		if i > 0 {
			s = append(s, text("; and "))
		}
		s = append(append(s, legPeople(leg)...), objects(persons(ofLeg(approvers, leg)), reader)...)
	}
	if s == nil {
		return sentence{text("nobody")}
	}
	return s
}

// legsOf are the ways by which they came to the case, each once.
func legsOf(approvers []approval.Approver) (legs []flows.Leg) {
	for _, a := range approvers {
		if !slices.ContainsFunc(legs, func(l flows.Leg) bool { return sameLeg(l, a.Leg) }) {
			legs = append(legs, a.Leg)
		}
	}
	return legs
}

func sameLeg(a, b flows.Leg) bool { return a.Kind == b.Kind && a.Name == b.Name }

func ofLeg(approvers []approval.Approver, leg flows.Leg) []approval.Approver {
	return slices.DeleteFunc(slices.Clone(approvers), func(a approval.Approver) bool { return !sameLeg(a.Leg, leg) })
}

// legPeople says what makes people of this leg the ones to ask.
func legPeople(l flows.Leg) sentence {
	switch l.Kind {
	case flows.OnCallLeg:
		return append(append(sentence{text("the on-call managers ("), typed(cmp.Or(l.Title, "schedule "+l.Name))}, reason(l.Why)...), text("): "))
	case flows.GroupLeg:
		return sentence{text("the group @"), typed(l.Name), text(": ")}
	case flows.RequesterLeg:
		return append(append(sentence{text("whoever asked")}, reason(l.Why)...), text(": "))
	case flows.PersonLeg, flows.CustomerLeg, flows.ConsentLeg:
	}
	return nil
}
