package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/provision"
)

// ModifyPlan asks the bot what the configuration would do, so that the plan
// shows the whole record, its effect, and what speaks against it. What isn't
// known yet is asked at the apply.
func (r *flowResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.bot == nil || req.Plan.Raw.IsNull() || !req.Config.Raw.IsFullyKnown() {
		return
	}
	var config, planned, now flow
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	exists := !req.State.Raw.IsNull()
	if exists {
		resp.Diagnostics.Append(req.State.Get(ctx, &now)...)
	}
	if resp.Diagnostics.HasError() || exists && !now.Name.Equal(config.Name) {
		return // Terraform plans again what replaces it
	}
	plan, found := r.plan(ctx, config.record)
	resp.Diagnostics.Append(found...)
	if !exists && plan.Base > 0 {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "It exists already", fmt.Sprintf("The bot has a flow %s, which this state doesn't know. Give this one another name, or import it:\n\n  terraform import understudy_flow.NAME %s", config.Name.ValueString(), config.Name.ValueString()))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	planned.record = config.over(recordOf(plan.Record)).like(now.record)
	switch {
	case !exists, len(provision.Changes(now.wire(), planned.wire())) > 0:
		planned.Version, planned.Effect = types.Int64Unknown(), types.StringValue(plan.Replay.Summary())
	default:
		planned.Version, planned.Effect = now.Version, now.Effect
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
}

// plan asks the bot. What stops a flow that is to stay as it is, such as a
// schedule that has gone, is no reason to stop the rest of a configuration.
func (r *flowResource) plan(ctx context.Context, wanted record) (provision.Plan, diag.Diagnostics) {
	plan, err := r.bot.Plan(ctx, wanted.wire())
	if err != nil {
		return plan, refused("The flow can't be planned", err)
	}
	name := "The flow " + plan.Record.Name
	found := at(diag.NewWarningDiagnostic, name, plan.Warnings)
	if plan.Action == provision.Keep {
		found.Append(at(diag.NewWarningDiagnostic, name+" can't run any more", plan.Errors)...)
	} else {
		found.Append(at(diag.NewErrorDiagnostic, name+" can't run", plan.Errors)...)
	}
	return plan, found
}

// provision makes the planned record a version of its flow, in the place of the
// version that Terraform knew.
func (r *flowResource) provision(ctx context.Context, f *flow, base int) diag.Diagnostics {
	if f.Effect.IsUnknown() {
		plan, found := r.plan(ctx, f.record)
		if found.HasError() {
			return found
		}
		f.Effect = types.StringValue(plan.Replay.Summary())
	}
	made, err := r.bot.Provision(ctx, f.wire(), base)
	if err != nil {
		return refused("The flow "+f.Name.ValueString()+" wasn't provisioned", err)
	}
	f.record = f.over(recordOf(made.Record))
	f.is(made)
	return nil
}
