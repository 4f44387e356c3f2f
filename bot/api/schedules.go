package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/provision"
)

// Schedule is an on-call schedule, and its rota of the next 14 days.
type Schedule struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// People are on call at some time and can be asked. Unusable can't be.
	People   []OnCallPerson `json:"people"`
	Unusable []OnCallPerson `json:"unusable"`
	Gaps     []Gap          `json:"gaps"`
}

// OnCallPerson is somebody on a rota.
type OnCallPerson struct {
	ID    string `json:"id,omitempty"` // in Slack
	Name  string `json:"name"`
	Email string `json:"email,omitempty"`
	Why   string `json:"why,omitempty"` // they can't be asked
}

// Gap is a time in which nobody is on call.
type Gap struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

func (v *V1) readSchedule(ctx context.Context, c call) (int, any, error) {
	id := c.PathValue("schedule")
	if v.World == nil {
		return 0, nil, noService()
	}
	now := v.Now()
	rota, err := v.World.People.Rota(ctx, id, now, now.AddDate(0, 0, provision.RotaDays))
	switch {
	case errors.Is(err, people.ErrUnknown):
		return 0, nil, problem(http.StatusNotFound, typeMissing, "Not found", err.Error())
	case err != nil:
		v.Log.Warn().Err(err).Str("schedule", id).Msg("reading a rota for the API")
		return 0, nil, noAnswer("The on-call service or Slack didn't answer. Try again in a moment.")
	}
	s := Schedule{ID: id, Name: rota.Name, People: []OnCallPerson{}, Unusable: []OnCallPerson{}, Gaps: []Gap{}}
	for _, p := range rota.People {
		s.People = append(s.People, OnCallPerson{ID: p.ID, Name: p.Name, Email: p.Email})
	}
	for _, p := range rota.Unusable {
		s.Unusable = append(s.Unusable, OnCallPerson{Name: p.Name, Email: p.Email, Why: p.Why})
	}
	for _, g := range rota.Gaps {
		s.Gaps = append(s.Gaps, Gap(g))
	}
	return http.StatusOK, s, nil
}

func noService() *Problem {
	return problem(http.StatusNotFound, typeMissing, "Not found", "This bot has no on-call service.")
}

func noAnswer(detail string) *Problem {
	return problem(http.StatusBadGateway, typeInside, "No answer", detail)
}

// ListedSchedule is an on-call schedule, without its rota.
type ListedSchedule struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	TimeZone string `json:"time_zone"`
}

// SchedulePage is a page of schedules, and where the next one begins.
type SchedulePage struct {
	Schedules []ListedSchedule `json:"schedules"`
	Next      string           `json:"next,omitempty"`
}

// listSchedules pages through the on-call service's own list.
func (v *V1) listSchedules(ctx context.Context, c call) (int, any, error) {
	if v.World == nil {
		return 0, nil, noService()
	}
	query := c.URL.Query()
	limit, limitErr := number(query.Get("limit"), people.MostSchedules)
	after, afterErr := number(query.Get("after"), 0)
	if limitErr != nil || limit < 1 || limit > people.MostSchedules || afterErr != nil || after < 0 {
		return 0, nil, problem(http.StatusBadRequest, typeRequest, "Not understood", fmt.Sprintf("limit isn't a number from 1 to %d, or after isn't the next of a page before.", people.MostSchedules))
	}
	found, more, err := v.World.People.Schedules(ctx, query.Get("name"), after, limit)
	switch {
	case errors.Is(err, people.ErrToken):
		return 0, nil, noAnswer(err.Error() + ".")
	case err != nil:
		v.Log.Warn().Err(err).Msg("listing schedules for the API")
		return 0, nil, noAnswer("The on-call service didn't answer. Try again in a moment; the bot's log says why.")
	}
	page := SchedulePage{Schedules: []ListedSchedule{}}
	for _, s := range found {
		page.Schedules = append(page.Schedules, ListedSchedule(s))
	}
	if more {
		page.Next = strconv.Itoa(after + len(found))
	}
	return http.StatusOK, page, nil
}

// number is what the text says, or what it stands for where it is empty.
func number(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}
