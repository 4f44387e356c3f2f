package main

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/provision"
)

// appSchema is the app of a flow. All of it but the name and the URL has a
// default or may be null, so that nothing of it is ever unknown.
func appSchema() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "The customer's app that its grants open. Without it the bot gives the permission, and no app takes its word for it.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{Required: true, MarkdownDescription: "The audience of its tokens, of a-z, 0-9, - and _."},
			"url":  schema.StringAttribute{Required: true, MarkdownDescription: "Where a link leads: the address at which the app's middleware takes the code."},
			"title": schema.StringAttribute{Optional: true, Validators: []validator.String{notEmpty{}},
				MarkdownDescription: "What people call it, on cards and where a customer is asked, such as `Harbor Billing`. The name without it."},
			"scope": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("read_only"),
				MarkdownDescription: "What an agent may do there: `read_only`, which is the default, or `full`."},
			"clock": schema.StringAttribute{Optional: true, Computed: true, Default: stringdefault.StaticString("opening"),
				MarkdownDescription: "From when the time counts: the first `opening` of the app, which is the default, or the `approval`."},
			"confirm": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the requester types the customer's name before a link is made. `false` by default."},
			"fresh_sign_in": schema.StringAttribute{Optional: true, Validators: []validator.String{notEmpty{}},
				MarkdownDescription: "How long ago the agent may have signed in to the app when a link opens it, such as `5m`; else they sign in anew first. Without it any sign-in will do."},
			"hide_reason": schema.BoolAttribute{Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Whether the reason is kept from the app. `false` by default."},
			"webhook": schema.StringAttribute{Optional: true, Validators: []validator.String{notEmpty{}},
				MarkdownDescription: "Where the bot tells the app of its grants, with signed requests. Without it the app isn't told."},
		},
	}
}

// appData is the app where it is only read.
func appData() dataschema.SingleNestedAttribute {
	text, flag := dataschema.StringAttribute{Computed: true}, dataschema.BoolAttribute{Computed: true}
	return dataschema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: "The customer's app that its grants open; null if there is none.",
		Attributes: map[string]dataschema.Attribute{"name": text, "title": text, "url": text, "scope": text, "clock": text, "confirm": flag, "fresh_sign_in": text, "hide_reason": flag, "webhook": text},
	}
}

func appTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"name": types.StringType, "title": types.StringType, "url": types.StringType, "scope": types.StringType, "clock": types.StringType,
		"confirm": types.BoolType, "fresh_sign_in": types.StringType, "hide_reason": types.BoolType, "webhook": types.StringType,
	}
}

// appOf is the app as Terraform keeps it; null where there is none.
func appOf(a *provision.App) types.Object {
	if a == nil {
		return types.ObjectNull(appTypes())
	}
	return types.ObjectValueMust(appTypes(), map[string]attr.Value{
		"name": types.StringValue(a.Name), "title": orNull(a.Title), "url": types.StringValue(a.URL), "scope": types.StringValue(a.Scope), "clock": types.StringValue(a.Clock),
		"confirm": types.BoolValue(a.Confirm), "fresh_sign_in": orNull(a.FreshSignIn), "hide_reason": types.BoolValue(a.HideReason), "webhook": orNull(a.Webhook),
	})
}

// orNull is a text that may be left out.
func orNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// wholeApp is the app with all that a configuration leaves open of it; null
// where there is to be none.
func wholeApp(app, whole types.Object) types.Object {
	if app.IsNull() {
		return app
	}
	return appLike(whole, app)
}

// appLike is this app, with its time written as in the other one where both say
// the same.
func appLike(app, other types.Object) types.Object {
	if app.IsNull() || app.IsUnknown() || other.IsNull() || other.IsUnknown() {
		return app
	}
	is := app.Attributes()
	fresh, _ := is["fresh_sign_in"].(types.String) // what the schema has there
	written, _ := other.Attributes()["fresh_sign_in"].(types.String)
	is["fresh_sign_in"] = timeLike(fresh, written)
	return types.ObjectValueMust(appTypes(), is)
}

// wireApp is the app as the bot is told it.
func wireApp(app types.Object) *provision.App {
	if app.IsNull() || app.IsUnknown() {
		return nil
	}
	is := app.Attributes()
	flag := func(name string) bool {
		value, _ := is[name].(types.Bool) // what the schema has there
		return value.ValueBool()
	}
	return &provision.App{
		Name: textOf(is["name"]), Title: textOf(is["title"]), URL: textOf(is["url"]), Scope: textOf(is["scope"]), Clock: textOf(is["clock"]),
		Confirm: flag("confirm"), FreshSignIn: textOf(is["fresh_sign_in"]), HideReason: flag("hide_reason"), Webhook: textOf(is["webhook"]),
	}
}
