package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// schedulesData is understudy_schedules: the on-call schedules that the bot sees.
type schedulesData struct{ reader }

type schedules struct {
	Name      types.String     `tfsdk:"name"`
	Schedules []listedSchedule `tfsdk:"schedules"`
}

type listedSchedule struct {
	ID       string `tfsdk:"id"`
	Name     string `tfsdk:"name"`
	TimeZone string `tfsdk:"time_zone"`
}

func (d *schedulesData) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_schedules"
}

func (d *schedulesData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The on-call schedules that the bot sees.",
		Attributes: map[string]schema.Attribute{
			"name":      schema.StringAttribute{Optional: true, MarkdownDescription: "Only those whose names have this in them, in small letters or large."},
			"schedules": computedList("The schedules.", "id", "name", "time_zone"),
		},
	}
}

func (d *schedulesData) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var shown schedules
	if resp.Diagnostics.Append(req.Config.Get(ctx, &shown)...); resp.Diagnostics.HasError() {
		return
	}
	if !d.ready("The schedules can't be read", &resp.Diagnostics) {
		return
	}
	shown.Schedules = []listedSchedule{}
	for s, err := range d.bot.Schedules(ctx, shown.Name.ValueString()) {
		if err != nil {
			resp.Diagnostics.Append(refused("The schedules can't be read", err)...)
			return
		}
		shown.Schedules = append(shown.Schedules, listedSchedule(s))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, shown)...)
}
