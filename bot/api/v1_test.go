package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/notify"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/storetest"
)

const adminToken = "the first token of this test, and long"

// served is the API of a bot without a world.
type served struct {
	*client.Client

	t      *testing.T
	url    string
	ledger *store.Ledger
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func serve(t *testing.T, change func(*api.V1)) *served {
	t.Helper()
	ledger, err := store.Open(t.Context(), storetest.NewMemory())
	if err != nil {
		t.Fatal(err)
	}
	v1 := &api.V1{
		Ledger: func() *store.Ledger { return ledger }, Rules: map[string]flows.Flow{"impersonation": flows.Impersonation},
		AdminToken: adminToken, Now: func() time.Time { return noon }, Log: zerolog.New(zerolog.NewTestWriter(t)),
	}
	change(v1)
	server := httptest.NewServer(api.Handler(func(context.Context) error { return nil }, http.NotFoundHandler(), v1.Handler(), nil))
	t.Cleanup(server.Close)
	s := &served{t: t, url: server.URL, ledger: ledger}
	s.Client = s.as(adminToken)
	return s
}

func (s *served) as(token string) *client.Client {
	c, err := client.New(s.url, token)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func record(change func(*provision.Record)) provision.Record {
	r := provision.Record{Name: "impersonation", Params: map[string]string{"manager_schedule": "PMGRS01"}, Durations: []string{"15m", "1h"}}
	change(&r)
	return r
}

// refused says with which status and problem the error was answered.
func refused(t *testing.T, err error) api.Problem {
	t.Helper()
	p, ok := err.(*api.Problem) //nolint:errorlint // that it is exactly one is tested
	if !ok {
		t.Fatalf("%v isn't a problem", err)
	}
	return *p
}

func TestAFlowsLife(t *testing.T) {
	s, ctx := serve(t, func(*api.V1) {}), t.Context()
	first := record(func(*provision.Record) {})
	plan, err := s.Plan(ctx, first)
	if err != nil || plan.Action != provision.Create || plan.Base != 0 {
		t.Fatalf("the plan: %+v, %v", plan, err)
	}
	made, err := s.Provision(ctx, first, 0)
	if err != nil || made.Version != 1 || made.Origin != "api" || made.By != "the first token" || !made.Since.Equal(noon) {
		t.Fatalf("made: %+v, %v", made, err)
	}
	second := record(func(r *provision.Record) { r.Durations = []string{"15m"} })
	if plan, err = s.Plan(ctx, second); err != nil || plan.Action != provision.Update {
		t.Fatalf("the second plan: %+v, %v", plan, err)
	}
	if diff := cmp.Diff([]provision.Change{{Field: "durations", Before: "15m, 1h", After: "15m"}}, plan.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	changed, err := s.Provision(ctx, second, plan.Base)
	if err != nil || changed.Version != 2 || changed.ID != made.ID {
		t.Fatalf("changed: %+v, %v", changed, err)
	}
	again, err := s.Provision(ctx, changed.Record, 2)
	if err != nil || again.Version != 2 {
		t.Errorf("what is so already makes version %d, %v", again.Version, err)
	}
	versions, err := s.Versions(ctx, "impersonation")
	if err != nil || len(versions) != 2 || !slices.Equal(versions[0].Durations, []string{"15m", "1h"}) {
		t.Errorf("versions: %+v, %v", versions, err)
	}
	if err := s.Delete(ctx, made.ID, 2, false); err != nil {
		t.Fatal(err)
	}
	if all, err := s.Flows(ctx); err != nil || len(all) != 0 {
		t.Errorf("flows afterwards: %v, %v", all, err)
	}
	versions, err = s.Versions(ctx, made.ID)
	if err != nil || len(versions) != 3 || !versions[2].Deleted {
		t.Errorf("versions of the deleted flow: %+v, %v", versions, err)
	}
}

// TestAPlanMissesTheAppsToken as long as there is none.
func TestAPlanMissesTheAppsToken(t *testing.T) {
	s, ctx := serve(t, func(*api.V1) {}), t.Context()
	r := record(func(r *provision.Record) {
		r.App = &provision.App{Name: "portal", URL: "https://portal.example.com/in"}
	})
	for _, app := range []string{"wiki", "portal"} {
		plan, err := s.Plan(ctx, r)
		if err != nil || len(plan.Warnings) != 1 || plan.Warnings[0].Field != "app.name" {
			t.Errorf("before the token of %s: %+v, %v", app, plan.Warnings, err)
		}
		if _, err := s.NewToken(ctx, api.NewToken{Name: app, Role: store.ForApp, App: app}); err != nil {
			t.Fatal(err)
		}
	}
	if plan, err := s.Plan(ctx, r); err != nil || len(plan.Warnings) > 0 {
		t.Errorf("with the token: %+v, %v", plan.Warnings, err)
	}
}

func TestNobodysChangeIsLost(t *testing.T) {
	s, ctx := serve(t, func(*api.V1) {}), t.Context()
	r := record(func(*provision.Record) {})
	if _, err := s.Provision(ctx, r, 0); err != nil {
		t.Fatal(err)
	}
	r.Durations = []string{"1h"}
	if _, err := s.Provision(ctx, r, 1); err != nil {
		t.Fatal(err)
	}
	r.Durations = []string{"30m"}
	_, err := s.Provision(ctx, r, 1)
	if p := refused(t, err); p.Status != http.StatusPreconditionFailed || p.Current != 2 {
		t.Errorf("an old base: %+v", p)
	}
	if p := refused(t, s.Delete(ctx, r.Name, 1, false)); p.Status != http.StatusPreconditionFailed {
		t.Errorf("deleting an old version: %+v", p)
	}
	_, err = s.Provision(ctx, r, 0)
	if p := refused(t, err); p.Status != http.StatusConflict {
		t.Errorf("creating it twice: %+v", p)
	}
	for match, want := range map[string]int{"": 428, "2": 400, `"x"`: 400, `"0"`: 400, `W/"2"`: 400} {
		if got := s.put(match, `{}`); got != want {
			t.Errorf("If-Match: %s answers %d, want %d", match, got, want)
		}
	}
}

func (s *served) put(match, body string) int {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPut, s.url+"/v1/flows/impersonation", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	if match != "" {
		request.Header.Set("If-Match", match)
	}
	return s.status(request)
}

func (s *served) status(request *http.Request) int {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		s.t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode
}

func TestAWrongRecordNamesItsFields(t *testing.T) {
	s := serve(t, func(*api.V1) {})
	_, err := s.Provision(t.Context(), record(func(r *provision.Record) {
		r.Params, r.Durations, r.Command, r.Default = nil, []string{"soon"}, "impersonate", "2h"
	}), 0)
	p := refused(t, err)
	var fields []string
	for _, e := range p.Errors {
		fields = append(fields, e.Field)
	}
	slices.Sort(fields)
	if want := []string{"command", "durations", "params"}; p.Status != http.StatusUnprocessableEntity || !slices.Equal(fields, want) {
		t.Errorf("status %d, fields %q, want %q", p.Status, fields, want)
	}
	if all, err := s.Flows(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("flows: %v, %v", all, err)
	}
}

// TestOneOfManyMakesAFlow holds that whoever comes second is told what is so,
// and not that they sent a wrong version: they sent none.
func TestOneOfManyMakesAFlow(t *testing.T) {
	s := serve(t, func(*api.V1) {})
	var together sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		together.Go(func() {
			if _, err := s.Provision(t.Context(), record(func(r *provision.Record) { r.Labels = map[string]string{"of": strconv.Itoa(i)} }), 0); err != nil {
				statuses[i] = statusOf(t, err)
			}
		})
	}
	together.Wait()
	slices.Sort(statuses)
	if statuses[0] != 0 || statuses[1] != http.StatusConflict || statuses[7] != http.StatusConflict {
		t.Errorf("the others are answered %v", statuses)
	}
}

func TestRoles(t *testing.T) {
	s, ctx := serve(t, func(*api.V1) {}), t.Context()
	tokens := map[store.Role]*client.Client{}
	var ids []string
	for _, role := range []store.Role{store.Read, store.Operate, store.Admin} {
		made, err := s.NewToken(ctx, api.NewToken{Name: string(role), Role: role})
		if err != nil {
			t.Fatal(err)
		}
		tokens[role], ids = s.as(made.Secret), append(ids, made.ID)
	}
	for role, status := range map[store.Role][3]int{store.Read: {200, 403, 403}, store.Operate: {200, 200, 403}, store.Admin: {200, 200, 200}} {
		_, readErr := tokens[role].Flows(ctx)
		_ = s.ledger.DeleteFlow(ctx, "impersonation", store.AnyVersion, "the test", true, noon) // there may be none
		_, operateErr := tokens[role].Provision(ctx, record(func(*provision.Record) {}), 0)
		_, adminErr := tokens[role].Tokens(ctx)
		for i, err := range []error{readErr, operateErr, adminErr} {
			if got := statusOf(t, err); got != status[i] {
				t.Errorf("%s: request %d answers %d, want %d", role, i, got, status[i])
			}
		}
	}
	if err := s.RevokeToken(ctx, ids[2]); err != nil {
		t.Fatal(err)
	}
	_, err := tokens[store.Admin].Flows(ctx)
	if got := statusOf(t, err); got != http.StatusUnauthorized {
		t.Errorf("a revoked token is answered %d", got)
	}
	if err := s.RevokeToken(ctx, ids[2]); statusOf(t, err) != http.StatusNotFound {
		t.Errorf("revoking it again: %v", err)
	}
	all, err := s.Tokens(ctx)
	for _, one := range all {
		if revoked := one.ID == ids[2]; revoked != (one.RevokedBy == "the first token" && one.RevokedAt.Equal(noon)) {
			t.Errorf("the list has %+v", one)
		}
	}
	if err != nil || len(all) != 3 {
		t.Errorf("the list has %d tokens, %v", len(all), err)
	}
	for _, wanted := range []api.NewToken{
		{Role: store.Read}, {Name: "x", Role: "root"}, {Name: "x"}, {Name: "x\x1b[2K", Role: store.Read}, {Name: "x\ny", Role: store.Read},
		{Name: "operate", Role: store.Read}, {Name: "the first token", Role: store.Read}, // who did what would be unclear
	} {
		if _, err := s.NewToken(ctx, wanted); statusOf(t, err) != http.StatusUnprocessableEntity {
			t.Errorf("%+v: %v", wanted, err)
		}
	}
}

func statusOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return http.StatusOK
	}
	return refused(t, err).Status
}

// TestEveryRouteNeedsAToken goes through the description's routes.
func TestEveryRouteNeedsAToken(t *testing.T) {
	s := serve(t, func(*api.V1) {})
	for path, methods := range describe(t, s.url).Paths {
		for method := range methods {
			for _, header := range []string{"", "Bearer ", "Bearer nonsense", "Basic " + adminToken, adminToken} {
				request, err := http.NewRequestWithContext(t.Context(), strings.ToUpper(method), s.url+path, strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Authorization", header)
				if got := s.status(request); got != http.StatusUnauthorized {
					t.Errorf("%s %s with %q answers %d", method, path, header, got)
				}
			}
		}
	}
}

func TestAFileKeepsItsFlows(t *testing.T) {
	s, ctx := serve(t, func(v *api.V1) { v.OfFile = true }), t.Context()
	flow, problems := record(func(*provision.Record) {}).Flow(map[string]flows.Flow{"impersonation": flows.Impersonation})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := s.ledger.Provision(ctx, flow, 0, noon); err != nil {
		t.Fatal(err)
	}
	_, err := s.Provision(ctx, record(func(r *provision.Record) { r.Durations = []string{"1h"} }), 1)
	if p := refused(t, err); p.Status != http.StatusConflict || !strings.Contains(p.Detail, "UNDERSTUDY_FLOWS") {
		t.Errorf("changing it: %+v", p)
	}
	if p := refused(t, s.Delete(ctx, "impersonation", 1, true)); p.Status != http.StatusConflict {
		t.Errorf("deleting it: %+v", p)
	}
	for _, durations := range [][]string{{"1h"}, {"15m", "1h"}} {
		plan, err := s.Plan(ctx, record(func(r *provision.Record) { r.Durations = durations }))
		if changes := len(durations) == 1; err != nil || (len(plan.Errors) > 0) != changes {
			t.Errorf("planning %q: %+v, %v", durations, plan.Errors, err)
		}
	}
}

func TestWithoutAStoreItIsNotReady(t *testing.T) {
	s := serve(t, func(v *api.V1) { v.Ledger = func() *store.Ledger { return nil } })
	_, err := s.Flows(t.Context())
	if p := refused(t, err); p.Status != http.StatusServiceUnavailable {
		t.Errorf("%+v", p)
	}
}

// TestAStoreThatCloses is a request that has begun when the bot hands over.
func TestAStoreThatCloses(t *testing.T) {
	engine := storetest.NewMemory()
	ledger, err := store.Open(t.Context(), engine)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(v *api.V1) { v.Ledger = func() *store.Ledger { return ledger } })
	if err := engine.Close(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func() error{
		"reading":  func() error { _, err := s.Flows(t.Context()); return err },
		"changing": func() error { _, err := s.Provision(t.Context(), record(func(*provision.Record) {}), 0); return err },
		"a token":  func() error { _, err := s.as("ust_some").Flows(t.Context()); return err },
		"a new one": func() error {
			_, err := s.NewToken(t.Context(), api.NewToken{Name: "ci", Role: store.Read})
			return err
		},
		"revoking": func() error { return s.RevokeToken(t.Context(), "some") },
	} {
		if p := refused(t, ask()); p.Status != http.StatusServiceUnavailable {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// past stores cases of the flow, one for each plan, decided by the rules.
func (s *served) past(f store.Flow, plans ...string) {
	s.t.Helper()
	for i, plan := range plans {
		id := fmt.Sprintf("01a21293-b600-7000-8000-%012d", i)
		c := approval.Submit{
			ID: id, Flow: f.Pin(), Requester: approval.Person{ID: fmt.Sprint("U", i), Name: "Kim", Email: "kim@example.com"},
			Account: approval.Account{ID: fmt.Sprint("acct_", i), Name: "Acme"}, Reason: "the invoice page fails", Duration: time.Hour,
		}
		facts := flows.Facts{Time: noon, Params: f.Params, Fields: map[string]any{"customer_plan": plan, "is_assigned": false}}
		ruling := approval.Ruling{Account: c.Account, Facts: facts, Outcome: flows.Evaluate(flows.Impersonation, facts)}
		rule := approval.Rule{Ruling: ruling}
		if route := ruling.Outcome.Route; route != nil {
			rule.Found = approval.Found{Route: *route, Approvers: []approval.Approver{{Person: approval.Person{ID: "UMIA", Name: "Mia"}, Leg: route.Legs[0], Asked: true}}}
		}
		for _, command := range []approval.Command{c, rule} {
			if _, err := s.ledger.Do(s.t.Context(), store.Change{Case: id, Command: command}, noon.Add(-time.Hour)); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// TestThePlanReplaysThePast tries other rules on what was decided before.
func TestThePlanReplaysThePast(t *testing.T) {
	stricter := flows.Flow{
		Name: "impersonation", Params: flows.Impersonation.Params, Source: "stricter",
		OnRequest: func(r flows.Request) flows.Verdict {
			switch r.Text("customer_plan") {
			case "free":
				return flows.Ask()
			case "pro":
				if r.InGroup("support") {
					return flows.Approve("support")
				}
			}
			return flows.Ask()
		},
		Approvers: func(r flows.Request) flows.Route { return flows.OnCall(r.Param("manager_schedule")) },
	}
	var rules map[string]flows.Flow
	s := serve(t, func(v *api.V1) { rules = v.Rules })
	made, err := s.Provision(t.Context(), record(func(*provision.Record) {}), 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.ledger.Flow(t.Context(), made.Name)
	if err != nil {
		t.Fatal(err)
	}
	s.past(f, "free", "enterprise", "pro", "free")
	plan, err := s.Plan(t.Context(), made.Record)
	if err != nil || plan.Replay.Summary() != "4 past requests, 0 would change" {
		t.Errorf("the same rules: %q, %v", plan.Replay.Summary(), err)
	}
	rules["impersonation"] = stricter
	plan, err = s.Plan(t.Context(), made.Record)
	if err != nil || plan.Replay.Summary() != "4 past requests, 2 would change, 1 can't be told" || plan.Action != provision.Update {
		t.Fatalf("stricter rules: %s, %q, %v", plan.Action, plan.Replay.Summary(), err)
	}
	one := plan.Replay.Changed[0]
	if one.Before != "customer_plan = free → approved: free tier account" || one.After != "customer_plan = free → on-call managers (schedule PMGRS01)" {
		t.Errorf("the first that would change: %+v", one)
	}
	if after := plan.Replay.Unknown[0].After; after != "customer_plan = pro → needs in group support" {
		t.Errorf("the one that can't be told: %q", after)
	}
	if p := refused(t, s.Delete(t.Context(), "impersonation", 1, false)); p.Status != http.StatusConflict || !strings.Contains(p.Detail, "4 of its cases aren't over") {
		t.Errorf("deleting it: %+v", p)
	}
}

func TestCasesArePaged(t *testing.T) {
	s := serve(t, func(*api.V1) {})
	made, err := s.Provision(t.Context(), record(func(*provision.Record) {}), 0)
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.ledger.Flow(t.Context(), made.Name)
	if err != nil {
		t.Fatal(err)
	}
	s.past(f, "free", "enterprise", "free", "free", "enterprise")
	var seen []string
	for query := "status=active&limit=2"; query != ""; {
		var page struct {
			Cases []api.Case
			Next  string
		}
		s.get("/v1/cases?"+query, &page)
		for _, c := range page.Cases {
			seen = append(seen, c.Account.ID)
		}
		if query = ""; page.Next != "" {
			query = "status=active&limit=2&after=" + page.Next
		}
	}
	if !slices.Equal(seen, []string{"acct_0", "acct_2", "acct_3"}) {
		t.Errorf("paged: %q", seen)
	}
	query := url.Values{"status": {"active"}, "limit": {"2"}}
	for range 2 { // the client leaves its query as it is
		seen = nil
		for c, err := range s.Cases(t.Context(), query) {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, c.Account.ID)
		}
		if !slices.Equal(seen, []string{"acct_0", "acct_2", "acct_3"}) || query.Has("after") {
			t.Errorf("paged by the client: %q, and now the query is %v", seen, query)
		}
	}
	var one api.Case
	s.get("/v1/cases/01a21293-b600-7000-8000-000000000001", &one)
	if one.Status != approval.Pending || len(one.Events) < 2 || one.Facts == nil {
		t.Errorf("one case: %+v", one)
	}
}

func (s *served) get(path string, into any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s, %v", path, response.Status, err)
	}
}

// description is what is read of openapi.json here.
type description struct {
	Paths      map[string]map[string]any
	Components struct {
		Schemas map[string]struct {
			Properties map[string]any
			Required   []string
		}
	}
}

func describe(t *testing.T, url string) (d description) {
	t.Helper()
	response, err := http.Get(url + "/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestTheDescriptionIsTrue holds openapi.json to the routes and to the types.
func TestTheDescriptionIsTrue(t *testing.T) {
	s := serve(t, func(*api.V1) {})
	d := describe(t, s.url)
	var described []string
	for path, methods := range d.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(described)
	if diff := cmp.Diff(api.Routes(), described); diff != "" {
		t.Errorf("routes (-served +described):\n%s", diff)
	}
	for name, value := range map[string]any{
		"Record": provision.Record{}, "Flow": api.Flow{}, "Plan": provision.Plan{}, "Replay": provision.Replay{}, "Replayed": provision.Replayed{},
		"Change": provision.Change{}, "FieldProblem": provision.Problem{}, "Case": api.Case{}, "Person": approval.Person{}, "Schedule": api.Schedule{}, "SchedulePage": api.SchedulePage{}, "ListedSchedule": api.ListedSchedule{},
		"OnCallPerson": api.OnCallPerson{}, "Token": api.Token{}, "NewToken": api.NewToken{}, "Problem": api.Problem{}, "App": provision.App{}, "Webhook": api.Webhook{}, "WebhookList": api.WebhookList{}, "WebhookReplay": api.WebhookReplay{}, "WebhooksReplayed": api.WebhooksReplayed{}, "WebhookSecret": api.WebhookSecret{},
		"Notice": notify.Notice{}, "NoticeData": notify.Data{}, "NoticePerson": notify.Person{}, "NoticeEnd": notify.End{}, "NoticeMisuse": notify.Misuse{}, "NoticeConsent": notify.Consent{}, "Rotation": api.Rotation{},
		"Redemption": api.Redemption{}, "Refresh": api.Refresh{}, "Opening": api.Opening{}, "Grant": api.Grant{}, "Subject": api.Subject{}, "Actor": api.Actor{},
		"Deeds": api.Deeds{}, "Deed": approval.Deed{}, "KeptDeeds": api.KeptDeeds{}, "Asking": api.Asking{}, "Standing": api.Standing{},
		"Introspection": api.Introspection{}, "RunningGrants": api.RunningGrants{}, "Running": store.Running{}, "Ended": store.Ended{},
	} {
		all, always := fieldsOf(reflect.TypeOf(value))
		var properties []string
		for property := range d.Components.Schemas[name].Properties {
			properties = append(properties, property)
		}
		required := slices.Clone(d.Components.Schemas[name].Required)
		for _, list := range [][]string{all, always, properties, required} {
			slices.Sort(list)
		}
		if diff := cmp.Diff(all, properties); diff != "" {
			t.Errorf("%s has fields (-Go +described):\n%s", name, diff)
		}
		if diff := cmp.Diff(always, required); diff != "" {
			t.Errorf("%s always has (-Go +described):\n%s", name, diff)
		}
	}
}

// fieldsOf are a type's fields in JSON, and those that are always there.
func fieldsOf(t reflect.Type) (all, always []string) {
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			inner, required := fieldsOf(field.Type)
			all, always = append(all, inner...), append(always, required...)
			continue
		}
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		if !strings.Contains(options, "omit") {
			always = append(always, name)
		}
	}
	return all, always
}
