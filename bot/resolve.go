package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

// search is the way from a route to people.
type search struct {
	c        approval.Case
	found    approval.Found
	problems []string // why legs led to nobody, for people
	unsure   bool     // a service that knows didn't answer
	slack    error    // … and it was Slack, which everything here needs
}

// resolve finds the people of the route, or of its OrElse if it has nobody
// that can be asked. While Slack doesn't say who they are it finds nobody: an
// OrElse is for other reasons.
func (b *Bot) resolve(ctx context.Context, c approval.Case, route flows.Route) *search {
	s := &search{c: c}
	for next := &route; next != nil; next = next.Else {
		s.found.Route, s.found.Approvers, s.found.ShiftEnds = *next, nil, time.Time{}
		for _, leg := range next.Legs {
			s.add(ctx, b, leg, true)
		}
		if s.slack != nil {
			s.found.Approvers = nil // who is missing might be the one to ask
			return s
		}
		if s.empty() || next.Consent && !s.addCustomer(ctx, b) {
			s.found.Approvers = nil
			continue
		}
		for _, leg := range next.Also {
			s.add(ctx, b, leg, false)
		}
		return s
	}
	return s
}

func (s *search) empty() bool { return len(s.found.Approvers) == 0 }

// addCustomer adds who has to agree, and says whether they can be asked.
func (s *search) addCustomer(ctx context.Context, b *Bot) bool {
	before := len(s.found.Approvers)
	s.add(ctx, b, flows.Leg{Kind: flows.ConsentLeg}, true)
	return len(s.found.Approvers) > before
}

// why says why nobody can be asked.
func (s *search) why() string {
	if len(s.problems) == 0 {
		return "nobody can be asked"
	}
	return "nobody can be asked: " + strings.Join(s.problems, "; ")
}

// add finds the people of one leg. asked says whether they get a card.
func (s *search) add(ctx context.Context, b *Bot, leg flows.Leg, asked bool) {
	crew, err := s.crew(ctx, b, leg)
	if err != nil {
		s.unreachable(leg, err)
		return
	}
	leg.Title = crew.Name
	if crew.Age > freshEnough {
		leg.Why = fmt.Sprintf("as of %.0f minutes ago, because the on-call service isn't answering", math.Ceil(crew.Age.Minutes()))
	}
	for _, u := range crew.Unusable {
		s.found.Unreachable = append(s.found.Unreachable, approval.Unreached{Person: approval.Person{Name: u.Name, Email: u.Email}, Why: u.Why})
	}
	before := len(s.found.Approvers)
	for _, user := range crew.People {
		if user.ID == s.c.Requester.ID && leg.Kind != flows.RequesterLeg {
			continue // nobody approves their own request because of who they are
		}
		s.found.Approvers = append(s.found.Approvers, approval.Approver{
			Person: approval.Person{ID: user.ID, Name: user.Name, Email: user.Email}, Leg: leg, Asked: asked,
		})
	}
	if before == len(s.found.Approvers) {
		s.problems = append(s.problems, s.nobody(leg, crew))
	}
	if !crew.Ends.IsZero() && (s.found.ShiftEnds.IsZero() || crew.Ends.Before(s.found.ShiftEnds)) {
		s.found.ShiftEnds = crew.Ends
	}
}

func (s *search) crew(ctx context.Context, b *Bot, leg flows.Leg) (people.Crew, error) {
	directory := b.People
	switch leg.Kind {
	case flows.RequesterLeg:
		user, err := directory.ByID(ctx, s.c.Requester.ID)
		return crewOf(user), err
	case flows.PersonLeg:
		user, err := directory.ByEmail(ctx, leg.Name)
		return crewOf(user), err
	case flows.OnCallLeg:
		return directory.OnCall(ctx, leg.Name)
	case flows.GroupLeg:
		return directory.Group(ctx, leg.Name)
	case flows.CustomerLeg, flows.ConsentLeg:
		return b.customer(s.c), nil
	}
	return people.Crew{}, fmt.Errorf("the bot knows no way to ask %s", leg)
}

func crewOf(user people.User) people.Crew {
	if user.Barred != "" {
		return people.Crew{Unusable: []people.Unusable{{Name: user.Name, Email: user.Email, Why: user.Barred}}}
	}
	return people.Crew{People: []people.User{user}}
}

// notLookedUp is why a leg has nobody whose service doesn't answer.
const notLookedUp = "couldn't be looked up: the service that knows isn't answering"

func (s *search) unreachable(leg flows.Leg, err error) {
	why := "doesn't exist"
	if !errors.Is(err, people.ErrUnknown) {
		why = notLookedUp
		s.unsure = true
	}
	if errors.Is(err, people.ErrSlack) {
		s.slack = err
	}
	s.problems = append(s.problems, leg.String()+" "+why)
	s.found.Unreachable = append(s.found.Unreachable, approval.Unreached{Person: approval.Person{Name: leg.String()}, Why: why})
}

// nobody says why a leg that was looked up has nobody to ask.
func (s *search) nobody(leg flows.Leg, crew people.Crew) string {
	name := leg.String()
	if crew.Name != "" {
		name = crew.Name
	}
	switch {
	case len(crew.Unusable) > 0:
		return fmt.Sprintf("%s: nobody there can be reached", name)
	case len(crew.People) > 0:
		return fmt.Sprintf("%s: only the requester", name)
	case leg.Kind == flows.OnCallLeg:
		return fmt.Sprintf("nobody is on call in %s", name)
	}
	return fmt.Sprintf("%s: nobody", name)
}
