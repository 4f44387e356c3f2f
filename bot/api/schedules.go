package api

import (
	"context"
	"errors"
	"net/http"
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
		return 0, nil, problem(http.StatusNotFound, typeMissing, "Not found", "This bot has no on-call service.")
	}
	now := v.Now()
	rota, err := v.World.People.Rota(ctx, id, now, now.AddDate(0, 0, provision.RotaDays))
	switch {
	case errors.Is(err, people.ErrUnknown):
		return 0, nil, problem(http.StatusNotFound, typeMissing, "Not found", err.Error())
	case err != nil:
		v.Log.Warn().Err(err).Str("schedule", id).Msg("reading a rota for the API")
		return 0, nil, problem(http.StatusBadGateway, typeInside, "No answer", "The on-call service or Slack didn't answer. Try again in a moment.")
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
