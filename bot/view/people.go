package view

import (
	"slices"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// maxNames is how many people a sentence names; the rest are counted.
const maxNames = 8

// maxUnreached is how many of those who couldn't be asked are named with why.
const maxUnreached = 5

// names lists people: "Mia, Ola and 3 others". last joins the final one.
func names(people []approval.Person, last string) sentence {
	if len(people) == 0 {
		return sentence{text("nobody")}
	}
	if hidden := len(people) - maxNames; hidden > 0 {
		return append(joined(people[:maxNames], ", "), text(" "+last+" "+count(hidden, "other")))
	}
	return joined(people, " "+last+" ")
}

func joined(people []approval.Person, last string) sentence {
	var s sentence
	for i, p := range people {
		switch {
		case i > 0 && i == len(people)-1:
			s = append(s, text(last))
		case i > 0:
			s = append(s, text(", "))
		}
		s = append(s, who(p))
	}
	return s
}

// those are the approvers of whom keep is true.
func those(c approval.Case, keep func(approval.Approver) bool) []approval.Person {
	people := []approval.Person{}
	for _, a := range c.Approvers {
		if keep(a) {
			people = append(people, a.Person)
		}
	}
	return people
}

// asked are the approvers who got the question and may still answer.
func asked(c approval.Case) []approval.Person {
	return those(c, func(a approval.Approver) bool { return a.Asked && !missed(c, a.ID) })
}

// deciders are those who may decide, asked or not.
func deciders(c approval.Case) []approval.Person { return append(asked(c), silent(c)...) }

// silent are those who may decide, but weren't asked.
func silent(c approval.Case) []approval.Person {
	return those(c, func(a approval.Approver) bool { return !a.Asked })
}

// unpinged are the people without what a mention needs: a mention in a channel
// would ask them after all.
func unpinged(people []approval.Person) []approval.Person {
	quiet := slices.Clone(people)
	for i, p := range quiet {
		quiet[i] = approval.Person{Name: p.Name, Email: p.Email}
	}
	return quiet
}

func via(c approval.Case, how approval.Via) []approval.Person {
	return those(c, func(a approval.Approver) bool { return a.Via == how && !missed(c, a.ID) })
}

// onShift are the approvers who are on call now, offShift those who were when
// they were asked.
func onShift(c approval.Case) []approval.Person {
	return those(c, func(a approval.Approver) bool { return slices.Contains(c.OnCall, a.ID) })
}

func offShift(c approval.Case) []approval.Person {
	return those(c, c.OffShift)
}

// objects lists people in a sentence that its reader may be part of: "Mia and you".
func objects(people []approval.Person, reader string) sentence {
	s := names(people, "and")
	for i, w := range s {
		if p, ok := w.(who); ok {
			s[i] = object(approval.Person(p), reader)
		}
	}
	return s
}

func missed(c approval.Case, id string) bool {
	return slices.ContainsFunc(c.Unreachable, func(u approval.Unreached) bool { return u.ID == id })
}

func without(people []approval.Person, id string) []approval.Person {
	return slices.DeleteFunc(slices.Clone(people), func(p approval.Person) bool { return p.ID == id })
}

// undecided are those whose answer is waited for: who was asked and hasn't
// approved, or, if they all have, who may decide unasked.
func undecided(c approval.Case) []approval.Person {
	hasApproved := func(p approval.Person) bool { return c.ApprovedBy(p.ID) }
	if left := slices.DeleteFunc(asked(c), hasApproved); len(left) > 0 {
		return left
	}
	return slices.DeleteFunc(silent(c), hasApproved)
}

// waiting are those of the workspace whose answer is waited for, and whether the
// customer's is.
func waiting(c approval.Case) (people []approval.Person, customer bool) {
	left := undecided(c)
	people = without(left, approval.CustomerID)
	customer = c.AwaitsCustomer()
	if c.OnlyConsentLeft() {
		people = nil
	}
	return people, customer
}

// waitedFor names them: the customer apart from the others where their consent is
// needed beside what those say.
func waitedFor(c approval.Case) sentence {
	people, customer := waiting(c)
	switch {
	case !customer:
		return names(people, quorumWord(c))
	case len(people) == 0 || !c.NeedsConsent():
		return names(append(people, c.Account.Customer()), quorumWord(c))
	}
	return append(append(names(people, quorumWord(c)), text(", and for ")), who(c.Account.Customer()))
}

func approved(c approval.Case) []approval.Person {
	people := make([]approval.Person, len(c.Approvals))
	for i, a := range c.Approvals {
		people[i] = a.By
	}
	return people
}

// unreached says who should have been asked and couldn't be, each with why.
func unreached(c approval.Case) sentence {
	if len(c.Unreachable) == 0 {
		return nil
	}
	s := sentence{text("Couldn't be asked: ")}
	for i, u := range c.Unreachable[:min(len(c.Unreachable), maxUnreached)] {
		if i > 0 {
			s = append(s, text(", "))
		}
		s = append(s, who(u.Person))
		if legible.Line(u.Why) != "" {
			s = append(s, text(" ("), typed(u.Why), text(")"))
		}
	}
	if hidden := len(c.Unreachable) - maxUnreached; hidden > 0 {
		s = append(s, text(" and "+count(hidden, "other")))
	}
	return append(s, text("."))
}
