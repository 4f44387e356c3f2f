package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/provision"
)

// record is a flow's record as Terraform keeps it. Null is what a configuration
// leaves to the bot.
type record struct {
	Name            types.String `tfsdk:"name"`
	Implementation  types.String `tfsdk:"implementation"`
	Params          types.Map    `tfsdk:"params"`
	Command         types.String `tfsdk:"command"`
	Durations       types.List   `tfsdk:"durations"`
	DefaultDuration types.String `tfsdk:"default_duration"`
	Longest         types.String `tfsdk:"longest"`
	Requesters      types.List   `tfsdk:"requesters"`
	Viewers         types.List   `tfsdk:"viewers"`
	Revokers        types.List   `tfsdk:"revokers"`
	Timeout         types.String `tfsdk:"timeout"`
	Remind          types.List   `tfsdk:"remind"`
	Warn            types.String `tfsdk:"warn"`
	DenyReason      types.String `tfsdk:"deny_reason"`
	App             types.Object `tfsdk:"app"`
	Labels          types.Map    `tfsdk:"labels"`
}

// recordOf is the bot's record with nothing left open, not even what the bot
// leaves out because it is so anyway.
func recordOf(r provision.Record) record {
	if r.Default == "" && len(r.Durations) > 0 {
		r.Default = r.Durations[0]
	}
	return record{
		Name:           types.StringValue(r.Name),
		Implementation: types.StringValue(cmp.Or(r.Implementation, r.Name)), Params: mapOf(r.Params),
		Command: types.StringValue(cmp.Or(r.Command, provision.DefaultCommand)), Requesters: listOf(r.Requesters), Viewers: listOf(r.Viewers), Revokers: listOf(r.Revokers),
		Durations: listOf(r.Durations), DefaultDuration: types.StringValue(r.Default), Longest: orNull(r.Longest),
		Timeout: types.StringValue(r.Timeout), Remind: listOf(r.Remind), Warn: types.StringValue(r.Warn),
		DenyReason: types.StringValue(r.DenyReason), App: appOf(r.App), Labels: mapOf(r.Labels),
	}
}

// wire is the record as the bot is told it.
func (r record) wire() provision.Record {
	return provision.Record{
		Name: r.Name.ValueString(), Implementation: r.Implementation.ValueString(), Params: textMap(r.Params),
		Command: r.Command.ValueString(), Requesters: textList(r.Requesters), Viewers: textList(r.Viewers), Revokers: textList(r.Revokers),
		Durations: textList(r.Durations), Default: r.DefaultDuration.ValueString(), Longest: r.Longest.ValueString(),
		Timeout: r.Timeout.ValueString(), Remind: textList(r.Remind), Warn: r.Warn.ValueString(),
		DenyReason: r.DenyReason.ValueString(), App: wireApp(r.App), Labels: textMap(r.Labels),
	}
}

// over is this record, with what it leaves open from the other one.
func (r record) over(other record) record {
	return record{
		Name: r.Name, Implementation: given(r.Implementation, other.Implementation), Params: given(r.Params, other.Params),
		Command: given(r.Command, other.Command), Requesters: given(r.Requesters, other.Requesters), Viewers: given(r.Viewers, other.Viewers), Revokers: given(r.Revokers, other.Revokers),
		Durations: given(r.Durations, other.Durations), DefaultDuration: given(r.DefaultDuration, other.DefaultDuration), Longest: given(r.Longest, other.Longest),
		Timeout: given(r.Timeout, other.Timeout), Remind: given(r.Remind, other.Remind), Warn: given(r.Warn, other.Warn),
		DenyReason: given(r.DenyReason, other.DenyReason), App: wholeApp(r.App, other.App), Labels: given(r.Labels, other.Labels),
	}
}

func given[T attr.Value](one, otherwise T) T {
	if one.IsNull() || one.IsUnknown() {
		return otherwise
	}
	return one
}

// like is this record, written as the other one where both say the same: what
// somebody wrote as 60m isn't changed to 1h, nor back.
func (r record) like(other record) record {
	r.DefaultDuration, r.Longest = timeLike(r.DefaultDuration, other.DefaultDuration), timeLike(r.Longest, other.Longest)
	r.Timeout, r.Warn = timeLike(r.Timeout, other.Timeout), timeLike(r.Warn, other.Warn)
	r.Durations, r.Remind = timesLike(r.Durations, other.Durations), timesLike(r.Remind, other.Remind)
	r.App = appLike(r.App, other.App)
	r.Params, r.Labels = mapLike(r.Params, other.Params), mapLike(r.Labels, other.Labels)
	return r
}

func timeLike(one, other types.String) types.String {
	if !other.IsNull() && sameTime(one.ValueString(), other.ValueString()) {
		return other
	}
	return one
}

func timesLike(one, other types.List) types.List {
	if !other.IsNull() && slices.EqualFunc(textList(one), textList(other), sameTime) {
		return other
	}
	return one
}

// mapLike keeps entries that were given as null, which the bot has as empty.
func mapLike(one, other types.Map) types.Map {
	if !other.IsNull() && maps.Equal(textMap(one), textMap(other)) {
		return other
	}
	return one
}

func sameTime(a, b string) bool {
	first, err := time.ParseDuration(a)
	second, otherErr := time.ParseDuration(b)
	return a == b || err == nil && otherErr == nil && first == second
}

func listOf(all []string) types.List {
	values := make([]attr.Value, len(all))
	for i, text := range all {
		values[i] = types.StringValue(text)
	}
	return types.ListValueMust(types.StringType, values)
}

func mapOf(all map[string]string) types.Map {
	values := map[string]attr.Value{}
	for key, text := range all {
		values[key] = types.StringValue(text)
	}
	return types.MapValueMust(types.StringType, values)
}

// textList is nil if the list is null, which isn't the same as an empty one.
func textList(list types.List) []string {
	if list.IsNull() || list.IsUnknown() {
		return nil
	}
	all := []string{}
	for _, value := range list.Elements() {
		all = append(all, textOf(value))
	}
	return all
}

func textMap(entries types.Map) map[string]string {
	all := map[string]string{}
	for key, value := range entries.Elements() {
		all[key] = textOf(value)
	}
	return all
}

func textOf(value attr.Value) string {
	text, _ := value.(types.String) // what the schema has there
	return text.ValueString()
}
