package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/understudyhq/understudy/bot/api/client"
)

// reader is what all data sources have: whom they ask.
type reader struct{ bot *client.Client }

// Configure hands them the bot.
func (r *reader) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	r.bot, _ = req.ProviderData.(*client.Client) // nil before it is configured
}

// ready says whether the bot can be asked already, or else why nothing is read.
func (r *reader) ready(summary string, problems *diag.Diagnostics) bool {
	if r.bot == nil {
		problems.AddError(summary, notYet)
	}
	return r.bot != nil
}
