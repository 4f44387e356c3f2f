package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/understudyhq/understudy/bot/provision"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// attributeOfAny is what attributes of providers, resources and data sources share.
type attributeOfAny interface {
	GetType() attr.Type
	GetMarkdownDescription() string
	IsRequired() bool
	IsOptional() bool
}

func anyOf[A attributeOfAny](attributes map[string]A) map[string]attributeOfAny {
	all := map[string]attributeOfAny{}
	for name, a := range attributes {
		all[name] = a
	}
	return all
}

// TestTheDocsSayEveryAttribute holds the end of each page to its schema. -update
// rewrites it.
func TestTheDocsSayEveryAttribute(t *testing.T) {
	var ours provider.SchemaResponse
	understudy{}.Schema(t.Context(), provider.SchemaRequest{}, &ours)
	var flows, one, several datasource.SchemaResponse
	new(flowsData).Schema(t.Context(), datasource.SchemaRequest{}, &flows)
	new(scheduleData).Schema(t.Context(), datasource.SchemaRequest{}, &one)
	new(schedulesData).Schema(t.Context(), datasource.SchemaRequest{}, &several)
	for page, attributes := range map[string]map[string]attributeOfAny{
		"index.md": anyOf(ours.Schema.Attributes), "resources/flow.md": anyOf(flowSchema().Attributes),
		"data-sources/flows.md": anyOf(flows.Schema.Attributes), "data-sources/schedule.md": anyOf(one.Schema.Attributes),
		"data-sources/schedules.md": anyOf(several.Schema.Attributes),
	} {
		file := filepath.Join("../../docs/terraform", page)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		const heading = "## Schema\n"
		before, section, _ := strings.Cut(string(text), heading)
		want := described(t.Context(), attributes, "###")
		if *update {
			if err := os.WriteFile(file, []byte(before+heading+want), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if diff := cmp.Diff(want, section); diff != "" {
			t.Errorf("%s; go test -update rewrites it (-schema +page):\n%s", page, diff)
		}
	}
}

// described is the attributes as Terraform's own generator writes them.
func described(ctx context.Context, attributes map[string]attributeOfAny, level string) string {
	kinds := map[string]string{}
	var text, nested strings.Builder
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		kind := "Read-Only"
		switch {
		case a.IsRequired():
			kind = "Required"
		case a.IsOptional():
			kind = "Optional"
		}
		line := fmt.Sprintf("- `%s` (%s) %s", name, typeName(a.GetType()), a.GetMarkdownDescription())
		if list, ok := a.(dataschema.ListNestedAttribute); ok {
			line += fmt.Sprintf(" (see [below](#nestedatt--%s))", name)
			fmt.Fprintf(&nested, "\n<a id=\"nestedatt--%s\"></a>\n### Nested Schema for `%s`\n%s", name, name, described(ctx, anyOf(list.NestedObject.Attributes), "####"))
		}
		if object, ok := a.(schema.SingleNestedAttribute); ok {
			line += fmt.Sprintf(" (see [below](#nestedatt--%s))", name)
			fmt.Fprintf(&nested, "\n<a id=\"nestedatt--%s\"></a>\n### Nested Schema for `%s`\n%s", name, name, described(ctx, anyOf(object.Attributes), "####"))
		}
		kinds[kind] += strings.TrimRight(line, " ") + "\n"
	}
	for _, kind := range []string{"Required", "Optional", "Read-Only"} {
		if kinds[kind] != "" {
			fmt.Fprintf(&text, "\n%s %s\n\n%s", level, kind, kinds[kind])
		}
	}
	return text.String() + nested.String()
}

func typeName(of attr.Type) string {
	switch of := of.(type) {
	case types.ListType:
		if _, nested := of.ElemType.(types.ObjectType); nested {
			return "Attributes List"
		}
		return "List of String"
	case types.MapType:
		return "Map of String"
	case types.ObjectType:
		return "Attributes"
	}
	return map[attr.Type]string{types.StringType: "String", types.Int64Type: "Number", types.BoolType: "Boolean"}[of]
}

// TestAFlowIsAllOfTheRecord says when the bot's record has a field that
// understudy_flow hasn't, or that is lost on the way there and back.
func TestAFlowIsAllOfTheRecord(t *testing.T) {
	full := provision.Record{
		Name: "vip", Implementation: "impersonation", Params: map[string]string{"manager_schedule": "P1"}, Command: "/vip", Durations: []string{"15m", "1h"},
		Default: "1h", Longest: "4h", Requesters: []string{"support"}, Viewers: []string{"auditors"}, Revokers: []string{"security"}, Timeout: "30m", Remind: []string{"5m"}, Warn: "2m", DenyReason: "required",
		App: &provision.App{Name: "portal", Title: "Harbor Billing", URL: "https://portal.example.com/understudy/open", Scope: "full", Clock: "approval", Confirm: true, FreshSignIn: "5m", HideReason: true, Webhook: "https://portal.example.com/understudy/webhook"}, Labels: map[string]string{"team": "x"},
	}
	if diff := cmp.Diff(full, recordOf(full).wire()); diff != "" {
		t.Errorf("there and back (-before +after):\n%s", diff)
	}
	value := reflect.ValueOf(full)
	for i := range value.NumField() {
		name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
		if _, known := flowSchema().Attributes[name]; !known {
			t.Errorf("understudy_flow has no %s", name)
		}
		if value.Field(i).IsZero() {
			t.Errorf("this test doesn't try %s", name)
		}
	}
}
