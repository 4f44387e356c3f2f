package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/api"
)

// scheduleData is understudy_schedule: an on-call schedule and its rota.
type scheduleData struct{ reader }

type schedule struct {
	ID       types.String `tfsdk:"id"`
	Name     types.String `tfsdk:"name"`
	People   []onCall     `tfsdk:"people"`
	Unusable []unusable   `tfsdk:"unusable"`
	Gaps     []gap        `tfsdk:"gaps"`
}

type onCall struct {
	ID    string `tfsdk:"id"`
	Name  string `tfsdk:"name"`
	Email string `tfsdk:"email"`
}

type unusable struct {
	Name  string `tfsdk:"name"`
	Email string `tfsdk:"email"`
	Why   string `tfsdk:"why"`
}

type gap struct {
	From  string `tfsdk:"from"`
	Until string `tfsdk:"until"`
}

func (d *scheduleData) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_schedule"
}

func (d *scheduleData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An on-call schedule as the bot sees it, with its rota of the next 14 days.",
		Attributes: map[string]schema.Attribute{
			"id":       schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "The schedule's id in PagerDuty, such as `PMGRS01`. Give this or the name."},
			"name":     schema.StringAttribute{Optional: true, Computed: true, MarkdownDescription: "Its whole name there, which no other schedule may have."},
			"people":   computedList("Who is on call at some time and can be asked.", "id", "name", "email"),
			"unusable": computedList("Who is on call at some time and can't be asked, and why.", "name", "email", "why"),
			"gaps":     computedList("The times at which nobody is on call, in RFC 3339.", "from", "until"),
		},
	}
}

func computedList(description string, fields ...string) schema.Attribute {
	attributes := map[string]schema.Attribute{}
	for _, field := range fields {
		attributes[field] = schema.StringAttribute{Computed: true}
	}
	return schema.ListNestedAttribute{Computed: true, MarkdownDescription: description, NestedObject: schema.NestedAttributeObject{Attributes: attributes}}
}

func (d *scheduleData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var wanted schedule
	if resp.Diagnostics.Append(req.Config.Get(ctx, &wanted)...); resp.Diagnostics.HasError() {
		return
	}
	if !d.ready("The schedule can't be read", &resp.Diagnostics) {
		return
	}
	id, problem := d.idOf(ctx, wanted)
	if problem != nil {
		resp.Diagnostics.Append(problem...)
		return
	}
	found, err := d.bot.Schedule(ctx, id)
	if err != nil {
		resp.Diagnostics.Append(refused("The schedule can't be read", err)...)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, scheduleOf(found))...)
}

// idOf is the id that is given, or that of the only schedule of this name.
func (d *scheduleData) idOf(ctx context.Context, wanted schedule) (id string, problem diag.Diagnostics) {
	const summary = "The schedule can't be read"
	name := wanted.Name.ValueString()
	if (wanted.ID.ValueString() == "") == (name == "") {
		problem.AddError(summary, "Give its id or its name, and not both.")
		return "", problem
	}
	if name == "" {
		return wanted.ID.ValueString(), nil
	}
	var ids []string
	for s, err := range d.bot.Schedules(ctx, name) {
		if err != nil {
			return "", refused(summary, err)
		}
		if s.Name == name {
			ids = append(ids, s.ID)
		}
	}
	switch len(ids) {
	case 1:
		return ids[0], nil
	case 0:
		problem.AddAttributeError(path.Root("name"), summary, fmt.Sprintf("PagerDuty has no schedule %q, or PAGERDUTY_TOKEN may not see it. Names are compared letter by letter; the data source understudy_schedules lists them.", name))
	default:
		problem.AddAttributeError(path.Root("name"), summary, fmt.Sprintf("Several schedules have the name %q: %s. Give the id of the one that is meant.", name, strings.Join(ids, ", ")))
	}
	return "", problem
}

func scheduleOf(s api.Schedule) schedule {
	shown := schedule{ID: types.StringValue(s.ID), Name: types.StringValue(s.Name), People: []onCall{}, Unusable: []unusable{}, Gaps: []gap{}}
	for _, p := range s.People {
		shown.People = append(shown.People, onCall{p.ID, p.Name, p.Email})
	}
	for _, p := range s.Unusable {
		shown.Unusable = append(shown.Unusable, unusable{p.Name, p.Email, p.Why})
	}
	for _, g := range s.Gaps {
		shown.Gaps = append(shown.Gaps, gap{g.From.UTC().Format(time.RFC3339), g.Until.UTC().Format(time.RFC3339)})
	}
	return shown
}
