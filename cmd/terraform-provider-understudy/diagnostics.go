package main

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/provision"
)

// refused is why the bot didn't do something, at the attributes that it names.
func refused(what string, err error) diag.Diagnostics {
	p, ok := errors.AsType[*api.Problem](err)
	if !ok || len(p.Errors) == 0 {
		return diag.Diagnostics{diag.NewErrorDiagnostic(what, sentence(err.Error()))}
	}
	return at(diag.NewErrorDiagnostic, what, p.Errors)
}

// at are the problems, a diagnostic for each field. Terraform folds warnings of
// the same summary into one, so what names the flow.
func at[D diag.Diagnostic](kind func(summary, detail string) D, what string, found []provision.Problem) (all diag.Diagnostics) {
	var fields []string
	details := map[string][]string{}
	for _, p := range found {
		if !slices.Contains(fields, p.Field) {
			fields = append(fields, p.Field)
		}
		details[p.Field] = append(details[p.Field], p.Text)
	}
	for _, field := range fields {
		d := kind(what+": "+field, strings.Join(details[field], "\n"))
		if place, known := attribute(field); known {
			all.Append(diag.WithPath(place, d))
		} else {
			all.Append(d)
		}
	}
	return all
}

// attribute is where a configuration says a field of a record.
func attribute(field string) (path.Path, bool) {
	name, key, inside := strings.Cut(field, ".")
	place := path.Root(name)
	if inside {
		place = place.AtMapKey(key)
	}
	_, known := flowSchema().Attributes[name]
	return place, known
}

func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return strings.TrimSuffix(string(unicode.ToUpper(first))+text[size:], ".") + "."
}
