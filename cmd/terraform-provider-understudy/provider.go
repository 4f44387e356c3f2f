package main

import (
	"cmp"
	"context"
	"os"
	"runtime/debug"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/api/client"
)

type understudy struct{}

// notYet is why nothing is read while the provider's settings aren't known.
const notYet = "The provider's url or token is known only after an apply. Apply what makes it first, with -target."

func newProvider() provider.Provider { return understudy{} }

type settings struct {
	URL   types.String `tfsdk:"url"`
	Token types.String `tfsdk:"token"`
}

func (understudy) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "understudy"
	if info, ok := debug.ReadBuildInfo(); ok {
		resp.Version = info.Main.Version
	}
}

func (understudy) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Provisions the flows of a running Understudy, the bot that lets support agents sign in as customers when somebody said yes.",
		Attributes: map[string]schema.Attribute{
			"url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The bot's address, such as `https://understudy.example`. `UNDERSTUDY_URL` if it isn't given.",
			},
			"token": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "A token of the role `operate`; `read` is enough to plan. `UNDERSTUDY_TOKEN` if it isn't given, which keeps it out of files.",
			},
		},
	}
}

// Configure makes the client that resources and data sources use. There is none
// while the url or the token is known only after an apply.
func (understudy) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var given settings
	if resp.Diagnostics.Append(req.Config.Get(ctx, &given)...); resp.Diagnostics.HasError() {
		return
	}
	if given.URL.IsUnknown() || given.Token.IsUnknown() {
		return
	}
	url := cmp.Or(given.URL.ValueString(), os.Getenv("UNDERSTUDY_URL"))
	token := cmp.Or(given.Token.ValueString(), os.Getenv("UNDERSTUDY_TOKEN"))
	if url == "" {
		resp.Diagnostics.AddAttributeError(path.Root("url"), "Which bot?", "There is no address of a bot. Give the provider its url, or set UNDERSTUDY_URL.")
	}
	if token == "" {
		resp.Diagnostics.AddAttributeError(path.Root("token"), "There is no token", "Set UNDERSTUDY_TOKEN, or give the provider a token from a variable or a vault. It needs the role operate; understudy token create makes one.")
	}
	if resp.Diagnostics.HasError() {
		return
	}
	bot, err := client.New(url, token)
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("url"), "The bot can't be asked", sentence(err.Error()))
		return
	}
	resp.ResourceData, resp.DataSourceData = bot, bot
}

func (understudy) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return new(flowResource) }}
}

func (understudy) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		func() datasource.DataSource { return new(flowsData) },
		func() datasource.DataSource { return new(scheduleData) },
		func() datasource.DataSource { return new(schedulesData) },
	}
}
