package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
)

// flowResource is understudy_flow. Its bot is nil while the provider's settings
// aren't known.
type flowResource struct{ bot *client.Client }

// flow is an understudy_flow as Terraform keeps it.
type flow struct {
	record

	ID             types.String `tfsdk:"id"`
	Version        types.Int64  `tfsdk:"version"`
	Effect         types.String `tfsdk:"effect"`
	AllowOpenCases types.Bool   `tfsdk:"allow_open_cases"`
}

func (r *flowResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_flow"
}

func (r *flowResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = flowSchema()
}

func (r *flowResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.bot, _ = req.ProviderData.(*client.Client) // nil before it is configured
}

// ImportState takes a name or an id. Read finds the flow by either.
func (r *flowResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}

func (r *flowResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var f flow
	if resp.Diagnostics.Append(req.State.Get(ctx, &f)...); resp.Diagnostics.HasError() || r.bot == nil {
		return
	}
	now, err := r.bot.Flow(ctx, f.ID.ValueString())
	switch {
	case missing(err):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		resp.Diagnostics.Append(refused("The flow can't be read", err)...)
		return
	}
	f.record = recordOf(now.Record).like(f.record)
	f.is(now)
	f.AllowOpenCases = given(f.AllowOpenCases, types.BoolValue(false))
	resp.Diagnostics.Append(resp.State.Set(ctx, f)...)
}

func (f *flow) is(now api.Flow) {
	f.ID, f.Version = types.StringValue(now.ID), types.Int64Value(int64(now.Version))
}

func missing(err error) bool {
	p, ok := errors.AsType[*api.Problem](err)
	return ok && p.Status == http.StatusNotFound
}

func (r *flowResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var f flow
	if resp.Diagnostics.Append(req.Plan.Get(ctx, &f)...); resp.Diagnostics.HasError() {
		return
	}
	if resp.Diagnostics.Append(r.provision(ctx, &f, 0)...); !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, f)...)
	}
}

// Update makes the record the next version, if there is anything in it that
// changes: the plan knows the version otherwise.
func (r *flowResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var f, before flow
	resp.Diagnostics.Append(req.Plan.Get(ctx, &f)...)
	if resp.Diagnostics.Append(req.State.Get(ctx, &before)...); resp.Diagnostics.HasError() {
		return
	}
	if f.Version.IsUnknown() {
		resp.Diagnostics.Append(r.provision(ctx, &f, int(before.Version.ValueInt64()))...)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, f)...)
	}
}

func (r *flowResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var f flow
	if resp.Diagnostics.Append(req.State.Get(ctx, &f)...); resp.Diagnostics.HasError() {
		return
	}
	err := r.bot.Delete(ctx, f.ID.ValueString(), int(f.Version.ValueInt64()), f.AllowOpenCases.ValueBool())
	if err == nil || missing(err) {
		return
	}
	if p, ok := errors.AsType[*api.Problem](err); ok && p.Type == api.TypeOpenCases {
		p.Detail += "\n\nIn Terraform that is allow_open_cases = true. Apply it before the flow is destroyed."
	}
	resp.Diagnostics.Append(refused("The flow "+f.Name.ValueString()+" wasn't deleted", err)...)
}
