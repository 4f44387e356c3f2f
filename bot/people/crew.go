package people

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Crew is who a schedule or a group stands for right now.
type Crew struct {
	// People may be asked and may decide; each is there once.
	People []User
	// Unusable should be asked and can't be.
	Unusable []Unusable
	// Ends is when the first of the current shifts ends; zero if none does, or
	// if it isn't known.
	Ends time.Time
	// Age is how old the answer is: seconds, or up to 15 minutes while PagerDuty
	// doesn't answer.
	Age time.Duration
	// Name is the schedule's or the group's, for people.
	Name string
}

// Unusable is somebody who should be asked and can't be, and why, as a
// sentence for people that begins in lower case and has no full stop.
type Unusable struct {
	Name, Email, Why string
	// Stranger says that no Slack account is known to be theirs: they might be
	// anybody here.
	Stranger bool
}

// parallel is how many people are looked up at the same time.
const parallel = 4

// candidate is somebody who should be asked, before Slack was asked for them.
type candidate struct {
	name, email string
	slackID     string    // instead of an e-mail
	unusable    string    // why there is nothing to look up
	ends        time.Time // of their shift; zero: never
}

// muster looks everybody up. One who can't be asked is listed as unusable; one
// whom nobody can say anything about at the moment fails the whole, because
// leaving them out would change who decides.
func (d *Directory) muster(ctx context.Context, who []candidate) ([]User, []Unusable, error) {
	found := make([]User, len(who))
	errs := make([]error, len(who))
	var work sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i, c := range who {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			found[i], errs[i] = d.lookUp(ctx, c)
		})
	}
	work.Wait()
	return sift(who, found, errs)
}

func (d *Directory) lookUp(ctx context.Context, c candidate) (User, error) {
	switch {
	case c.unusable != "":
		return User{}, nil
	case c.slackID != "":
		return d.ByID(ctx, c.slackID)
	}
	return d.ByEmail(ctx, c.email)
}

func sift(who []candidate, found []User, errs []error) (people []User, unusable []Unusable, err error) {
	seen := map[string]bool{}
	for i, c := range who {
		u := found[i]
		switch {
		case c.unusable != "":
			unusable = append(unusable, Unusable{c.name, c.email, c.unusable, true})
		case errors.Is(errs[i], ErrUnknown):
			unusable = append(unusable, Unusable{c.name, c.email, c.missing(), c.slackID == ""})
		case errs[i] != nil:
			return nil, nil, errs[i]
		case seen[u.ID]:
		case u.Barred != "":
			seen[u.ID] = true
			unusable = append(unusable, Unusable{u.Name, u.Email, u.Barred, false})
		default:
			seen[u.ID] = true
			people = append(people, u)
		}
	}
	return people, unusable, nil
}

func (c candidate) missing() string {
	if c.slackID != "" {
		return "there is no Slack account " + c.slackID
	}
	return fmt.Sprintf("there is no Slack account with the e-mail %s", c.email)
}
