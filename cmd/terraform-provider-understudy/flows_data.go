package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// flowsData is understudy_flows: every flow that the bot has.
type flowsData struct{ reader }

type listedFlow struct {
	record

	ID      types.String `tfsdk:"id"`
	Version types.Int64  `tfsdk:"version"`
	Origin  types.String `tfsdk:"origin"`
	By      types.String `tfsdk:"by"`
}

func (d *flowsData) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_flows"
}

func (d *flowsData) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := schema.StringAttribute{Computed: true}
	list := schema.ListAttribute{Computed: true, ElementType: types.StringType}
	entries := schema.MapAttribute{Computed: true, ElementType: types.StringType}
	resp.Schema = schema.Schema{
		MarkdownDescription: "All flows that the bot has, also those that Terraform doesn't manage.",
		Attributes: map[string]schema.Attribute{"flows": schema.ListNestedAttribute{
			Computed: true,
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"id": text, "version": schema.Int64Attribute{Computed: true},
				"origin": schema.StringAttribute{Computed: true, MarkdownDescription: "`api`, or `file` if it is in the bot's file of flows."},
				"by":     schema.StringAttribute{Computed: true, MarkdownDescription: "Whose token made this version."},
				"name":   text, "implementation": text, "params": entries, "command": text, "durations": list, "default_duration": text, "longest": text,
				"requesters": list, "viewers": list, "revokers": list, "timeout": text, "remind": list, "warn": text, "deny_reason": text, "labels": entries, "app": appData(),
			}},
		}},
	}
}

func (d *flowsData) Read(ctx context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	if !d.ready("The flows can't be read", &resp.Diagnostics) {
		return
	}
	all, err := d.bot.Flows(ctx)
	if err != nil {
		resp.Diagnostics.Append(refused("The flows can't be read", err)...)
		return
	}
	list := make([]listedFlow, len(all))
	for i, f := range all {
		list[i] = listedFlow{
			record: recordOf(f.Record), ID: types.StringValue(f.ID), Version: types.Int64Value(int64(f.Version)),
			Origin: types.StringValue(f.Origin), By: types.StringValue(f.By),
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, struct {
		Flows []listedFlow `tfsdk:"flows"`
	}{list})...)
}
