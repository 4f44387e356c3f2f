package main

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
)

// The tests of this file keep README.md true.

func readme(t *testing.T) string { return read(t, "../../README.md") }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestREADMEShowsTheRulesAsTheyAre(t *testing.T) {
	_, block, _ := strings.Cut(readme(t), "```go\n")
	block, _, _ = strings.Cut(block, "```")
	if source := read(t, "../../flows/impersonation.go"); block == "" || !strings.HasSuffix(source, block) {
		t.Errorf("README.md's rule isn't the end of flows/impersonation.go:\n%s", block)
	}
}

// rows are the first cells of the table under a heading, without backquotes.
func rows(t *testing.T, heading string) (names []string) {
	t.Helper()
	_, section, found := strings.Cut(readme(t), heading+"\n")
	if !found {
		t.Fatalf("README.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	for _, line := range regexp.MustCompile(`(?m)^\|[^|]*`).FindAllString(section, -1) {
		for _, name := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(line, -1) {
			names = append(names, name[1])
		}
	}
	slices.Sort(names)
	return names
}

func TestREADMEExplainsEveryScope(t *testing.T) {
	var m struct {
		OAuth struct {
			Scopes struct {
				Bot []string `json:"bot"`
			} `json:"scopes"`
		} `json:"oauth_config"`
	}
	var manifest bytes.Buffer
	if code := program().Run([]string{"manifest"}, &manifest, t.Output()); code != 0 {
		t.Fatalf("understudy manifest ended with %d", code)
	}
	if err := json.Unmarshal(manifest.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(m.OAuth.Scopes.Bot, "connections:write")))
	if diff := cmp.Diff(want, rows(t, "### What the app may do in Slack")); diff != "" {
		t.Errorf("scopes (-manifest.json +README.md):\n%s", diff)
	}
}

func TestREADMEExplainsEverySetting(t *testing.T) {
	want := []string{"UNDERSTUDY_LOG_JSON"}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cli.Settings]()) {
		if name := field.Tag.Get("env"); name != "" {
			want = append(want, name)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, rows(t, "### Settings")); diff != "" {
		t.Errorf("settings (-code +README.md):\n%s", diff)
	}
}

// TestREADMEsFlowsFileSaysTheDefaults: what it shows is what is so without it.
func TestREADMEsFlowsFileSaysTheDefaults(t *testing.T) {
	_, block, _ := strings.Cut(readme(t), "```json\n")
	block, _, _ = strings.Cut(block, "```")
	rules := map[string]flows.Flow{flows.Impersonation.Name: flows.Impersonation}
	shown, err := provision.ReadFile([]byte(block), rules)
	if err != nil {
		t.Fatalf("README.md's flows file: %v\n%s", err, block)
	}
	short, err := provision.ReadFile([]byte(`{"flows":[{"name":"impersonation","params":{"manager_schedule":"PMGRS01"},"durations":["15m","1h"]}]}`), rules)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(short, shown); diff != "" {
		t.Errorf("flows (-defaults +README.md):\n%s", diff)
	}
}

// TestREADMELinksToWhatIsThere follows its links to files.
func TestREADMELinksToWhatIsThere(t *testing.T) {
	for _, link := range regexp.MustCompile(`\]\(([^):#]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(readme(t), -1) {
		if _, err := os.Stat("../../" + link[1]); err != nil {
			t.Errorf("README.md: %v", err)
		}
	}
}
