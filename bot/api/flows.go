package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/store"
)

// Flow is a provisioned flow, or one of its versions.
type Flow struct {
	provision.Record

	ID          string    `json:"id"`
	Version     int       `json:"version"`
	Fingerprint string    `json:"fingerprint"` // of the rule's source
	Origin      string    `json:"origin"`      // "file" or "api"
	By          string    `json:"by,omitempty"`
	Since       time.Time `json:"since"`
	Deleted     bool      `json:"deleted,omitempty"`
}

func flowOf(f store.Flow) Flow {
	origin := "file"
	if f.Origin == store.FromAPI {
		origin = "api"
	}
	return Flow{
		Record: provision.Of(f), ID: f.ID, Version: f.Version, Fingerprint: f.Fingerprint,
		Origin: origin, By: f.By, Since: f.Since, Deleted: f.Deleted,
	}
}

func flowsOf(all []store.Flow) map[string][]Flow {
	list := make([]Flow, len(all))
	for i, f := range all {
		list[i] = flowOf(f)
	}
	return map[string][]Flow{"flows": list}
}

func (v *V1) listFlows(ctx context.Context, c call) (int, any, error) {
	all, err := c.ledger.Flows(ctx)
	return http.StatusOK, flowsOf(all), err
}

func (v *V1) readFlow(ctx context.Context, c call) (int, any, error) {
	f, err := c.flow(ctx)
	if err == nil {
		c.header.Set("ETag", ETag(f.Version))
	}
	return http.StatusOK, flowOf(f), err
}

// flow is the flow that the path names, by its name or its id.
func (c call) flow(ctx context.Context) (store.Flow, error) {
	key := c.PathValue("flow")
	f, err := c.ledger.Flow(ctx, key)
	if !errors.Is(err, store.ErrNotFound) {
		return f, err
	}
	all, listErr := c.ledger.Flows(ctx)
	for _, f := range all {
		if f.ID == key {
			return f, nil
		}
	}
	return store.Flow{}, errors.Join(listErr, err)
}

func (v *V1) flowVersions(ctx context.Context, c call) (int, any, error) {
	id := c.PathValue("flow") // also of a deleted flow
	f, err := c.flow(ctx)
	switch {
	case err == nil:
		id = f.ID
	case !errors.Is(err, store.ErrNotFound):
		return 0, nil, err
	}
	all, err := c.ledger.FlowVersions(ctx, id)
	return http.StatusOK, flowsOf(all), err
}

func (v *V1) createFlow(ctx context.Context, c call) (int, any, error) {
	var record provision.Record
	if err := c.read(&record); err != nil {
		return 0, nil, err
	}
	_, err := c.ledger.Flow(ctx, record.Name)
	if err == nil {
		return 0, nil, exists(record.Name)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return 0, nil, err
	}
	f, err := v.provision(ctx, c, record, 0)
	if _, raced := errors.AsType[*store.FlowConflictError](err); raced { // since it was looked for
		err = exists(record.Name)
	}
	return http.StatusCreated, flowOf(f), err
}

func exists(name string) *Problem {
	return problem(http.StatusConflict, typeConflict, "It exists", fmt.Sprintf("There is a flow %s already. Nothing was changed. Update that one, or give this one another name.", name))
}

func (v *V1) updateFlow(ctx context.Context, c call) (int, any, error) {
	base, err := c.base()
	if err != nil {
		return 0, nil, err
	}
	var record provision.Record
	if err := c.read(&record); err != nil {
		return 0, nil, err
	}
	now, err := c.flow(ctx)
	if err != nil {
		return 0, nil, err
	}
	if record.Name != now.Name {
		return 0, nil, wrong("name", fmt.Sprintf("a flow keeps its name, %s: create another flow instead", now.Name))
	}
	if base == store.AnyVersion {
		base = now.Version // a flow that is deleted meanwhile isn't made anew
	}
	f, err := v.provision(ctx, c, record, base)
	return http.StatusOK, flowOf(f), err
}

// provision makes the record a version of its flow, if its plan has no errors.
func (v *V1) provision(ctx context.Context, c call, record provision.Record, base int) (store.Flow, error) {
	if err := v.ofFile(ctx, c, record.Name); err != nil {
		return store.Flow{}, err
	}
	planner := v.planner(c)
	planner.Unreplayed = true // nobody is shown it
	plan, err := planner.Plan(ctx, record)
	if err != nil {
		return store.Flow{}, err
	}
	if len(plan.Errors) > 0 {
		return store.Flow{}, unfit("The flow can't run as it is written, and nothing was changed. Mend these fields.", plan.Errors...)
	}
	flow, _ := record.Flow(v.Rules)
	flow.Origin, flow.By = store.FromAPI, c.by.Name
	f, err := c.ledger.Provision(ctx, flow, base, v.Now())
	if err == nil {
		c.header.Set("ETag", ETag(f.Version))
		v.Log.Info().Str("flow", f.Name).Int("version", f.Version).Str("by", c.by.Name).Msg("a flow was provisioned")
	}
	return f, err
}

// ofFile refuses to change what the program's file of flows says.
func (v *V1) ofFile(ctx context.Context, c call, name string) error {
	f, err := c.ledger.Flow(ctx, name)
	if err == nil && v.OfFile && f.Origin == store.FromFile {
		return problem(http.StatusConflict, typeFile, "It is of a file", fmt.Sprintf("The flow %s is in the bot's file of flows (UNDERSTUDY_FLOWS), which would change it back at the next start. Nothing was changed. Change it there, or take it out of the file first.", name))
	}
	return nil
}

func (v *V1) deleteFlow(ctx context.Context, c call) (int, any, error) {
	base, err := c.base()
	if err != nil {
		return 0, nil, err
	}
	f, err := c.flow(ctx)
	if err != nil {
		return 0, nil, err
	}
	if err := v.ofFile(ctx, c, f.Name); err != nil {
		return 0, nil, err
	}
	err = c.ledger.DeleteFlow(ctx, f.Name, base, c.by.Name, c.URL.Query().Get("open_cases") == "keep", v.Now())
	if err == nil {
		v.Log.Info().Str("flow", f.Name).Str("by", c.by.Name).Msg("a flow was deleted")
	}
	return http.StatusNoContent, nil, err
}

func (v *V1) plan(ctx context.Context, c call) (int, any, error) {
	var record provision.Record
	if err := c.read(&record); err != nil {
		return 0, nil, err
	}
	window, err := c.window()
	if err != nil {
		return 0, nil, err
	}
	planner := v.planner(c)
	planner.Window = window
	plan, err := planner.Plan(ctx, record)
	if err != nil {
		return 0, nil, err
	}
	kept, isKept := errors.AsType[*Problem](v.ofFile(ctx, c, record.Name))
	if isKept && plan.Action == provision.Update {
		plan.Errors = append(plan.Errors, provision.Problem{Field: "name", Text: kept.Detail})
	}
	return http.StatusOK, plan, nil
}

// window is which past cases the call wants replayed.
func (c call) window() (w provision.Window, err error) {
	query := c.URL.Query()
	var errs [2]error
	w.Days, errs[0] = number(query.Get("days"), 0)
	w.Last, errs[1] = number(query.Get("last"), 0)
	if errors.Join(errs[:]...) != nil || len(w.Check()) > 0 {
		return w, problem(http.StatusBadRequest, typeRequest, "Not understood", "days isn't a number from 1 to 36500, or last isn't one from 1 to 10000.")
	}
	return w, nil
}

func (v *V1) planner(c call) *provision.Planner {
	return &provision.Planner{Ledger: c.ledger, Rules: v.Rules, World: v.World, Now: v.Now}
}

// base is the version that the client changes: what it read last.
func (c call) base() (int, error) {
	switch match := c.Header.Get("If-Match"); match {
	case "":
		return 0, problem(http.StatusPreconditionRequired, typeVersion, "Which version?", "Nothing was changed. Send the version that you read as If-Match, such as If-Match: \"3\", so that nobody's change is lost; or * for any.")
	case "*":
		return store.AnyVersion, nil
	default:
		version, err := strconv.Atoi(strings.Trim(match, `"`))
		if err != nil || version < 1 || ETag(version) != match {
			return 0, problem(http.StatusBadRequest, typeRequest, "Not understood", "If-Match isn't the ETag of a flow, such as \"3\".")
		}
		return version, nil
	}
}

// ETag is the entity tag of a flow of this version.
func ETag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

func wrong(field, text string) *Problem {
	return unfit("Nothing was changed. Mend these fields.", provision.Problem{Field: field, Text: text})
}

func unfit(detail string, fields ...provision.Problem) *Problem {
	p := problem(http.StatusUnprocessableEntity, typeRecord, "The record can't be provisioned", detail)
	p.Errors = fields
	return p
}
