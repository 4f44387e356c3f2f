package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func flowSchema() schema.Schema {
	return schema.Schema{
		MarkdownDescription: "A flow: rules that the bot's program has, with the parameters, durations and command that they run with.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
				MarkdownDescription: "The flow's id, a UUID. It stays the same through all versions.",
			},
			"version": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "The flow's version. Every change makes the next one; cases go on under the one that they began with.",
			},
			"effect": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "What the last change would have done to the requests of the last 30 days, such as `214 past requests, 3 would change`. The plan shows it before anything is changed.",
			},
			"allow_open_cases": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the flow may be deleted while requests under it aren't over. They go on to their ends as they began. `false` by default; it has to be applied before the destroy.",
			},
			"name": schema.StringAttribute{
				Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
				MarkdownDescription: "The flow's name, of a-z, 0-9, - and _. Another name is another flow: this one is deleted, and a new one made.",
			},
			"implementation":   optionalText("The rules in the bot's program that it runs. The flow's name by default."),
			"command":          optionalText("The slash command that opens its form. `/impersonate` by default."),
			"default_duration": optionalText("Which of the durations is preselected. The first by default."),
			"longest":          optionalText("How long an access may last with all its extensions. Without it each extension is bounded, and their number isn't."),
			"timeout":          optionalText("How long people have to decide. `1h` by default."),
			"warn":             optionalText("How long before the end of access its requester is told; `0s` for never. `5m` by default."),
			"deny_reason":      optionalText("Whether approvers say why they deny: `optional`, which is the default, `required` or `none`."),
			"params":           optionalMap("What the rules need, by name, such as `manager_schedule`. Numbers and times are written as text."),
			"labels":           optionalMap("Your own words on it; the bot doesn't read them."),
			"durations": schema.ListAttribute{
				Required: true, ElementType: types.StringType,
				MarkdownDescription: "What requesters are offered, such as `[\"15m\", \"1h\"]`: whole minutes, up to `24h`.",
			},
			"app":        appSchema(),
			"requesters": optionalList("The handles of the user groups whose members may ask, without the `@`. Every member of the workspace may by default."),
			"viewers":    optionalList("The handles of the user groups whose members see the flow's requests and their histories on the Home, without taking part in them. None by default."),
			"revokers":   optionalList("The handles of the user groups whose members see the flow's requests as viewers do, and may revoke the access that they gave. None by default."),
			"remind":     optionalList("When those who haven't decided are reminded, since they were asked; `[]` for never. After 5, 15 and 45 minutes by default."),
		},
	}
}

func optionalText(description string) schema.Attribute {
	return schema.StringAttribute{Optional: true, Computed: true, Validators: []validator.String{notEmpty{}}, MarkdownDescription: description}
}

func optionalList(description string) schema.Attribute {
	return schema.ListAttribute{Optional: true, Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

func optionalMap(description string) schema.Attribute {
	return schema.MapAttribute{Optional: true, Computed: true, ElementType: types.StringType, MarkdownDescription: description}
}

// notEmpty refuses an empty text, which the bot would take for its default.
type notEmpty struct{}

func (notEmpty) Description(context.Context) string { return "isn't empty" }

func (v notEmpty) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (notEmpty) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if !req.ConfigValue.IsUnknown() && !req.ConfigValue.IsNull() && req.ConfigValue.ValueString() == "" {
		resp.Diagnostics.AddAttributeError(req.Path, "It is empty", "Leave it out, or give null, to get the default.")
	}
}
