package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/cmd/understudy/newflow"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/flowtest"
)

// The tests of this file keep docs/flows.md true.

// blocks are the guide's fenced blocks of a kind.
func blocks(t *testing.T, kind string) (found []string) {
	t.Helper()
	return blocksOf(t, "../../docs/flows.md", kind)
}

func blocksOf(t *testing.T, page, kind string) (found []string) {
	t.Helper()
	for _, match := range regexp.MustCompile("(?ms)^```"+kind+"\n(.*?)^```$").FindAllStringSubmatch(read(t, page), -1) {
		found = append(found, match[1])
	}
	if len(found) == 0 {
		t.Fatalf("%s has no %s", page, kind)
	}
	return found
}

// TestTheGuidesCommands runs each command that the guide shows, on the files
// that it shows, and compares what it prints.
func TestTheGuidesCommands(t *testing.T) {
	table, requests := blocks(t, "json")[0], blocks(t, "csv")[0]
	shown := blocks(t, "console")
	t.Chdir(t.TempDir())
	for file, text := range map[string]string{"examples.json": table, "requests.csv": requests} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, block := range shown {
		command, want, _ := strings.Cut(block, "\n")
		var out bytes.Buffer
		program().Run(strings.Fields(strings.TrimPrefix(command, "$ understudy ")), &out, &out)
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s (-docs/flows.md +program):\n%s", command, diff)
		}
	}
}

// TestTheGuidesCode is code that is compiled and tested elsewhere.
func TestTheGuidesCode(t *testing.T) {
	dir := t.TempDir()
	if _, err := newflow.Write(dir, newflow.Options{Name: "night-shift"}); err != nil {
		t.Fatal(err)
	}
	var sources []string
	for _, file := range []string{filepath.Join(dir, "main.go"), filepath.Join(dir, "nightshift_test.go"), "../../flows/example_test.go"} {
		sources = append(sources, read(t, file))
	}
	for _, block := range append(blocks(t, "go"), blocks(t, "text")[0]) {
		text := strings.TrimRight(block, "\n")
		// What an example prints is in its comment.
		comment := "\t// " + strings.ReplaceAll(text, "\n", "\n\t// ")
		if !slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(s, text) || strings.Contains(s, comment) }) {
			t.Errorf("docs/flows.md shows code that is nowhere tested:\n%s", block)
		}
	}
}

// TestTheAppsGuidesCode is code that is compiled and tested elsewhere.
func TestTheAppsGuidesCode(t *testing.T) {
	tested := read(t, "../../bot/grant/gate/example_test.go") + read(t, "../../bot/notify/example_test.go")
	for _, block := range blocksOf(t, "../../docs/apps.md", "go") {
		if !strings.Contains(tested, block) {
			t.Errorf("docs/apps.md shows code that is nowhere tested:\n%s", block)
		}
	}
}

// heard notes what a test is told.
type heard struct {
	testing.TB
	text strings.Builder
}

// Helper does nothing.
func (*heard) Helper() {}

// Errorf notes it.
func (h *heard) Errorf(format string, args ...any) { fmt.Fprintf(&h.text, format+"\n", args...) }

func TestTheGuidesBadRule(t *testing.T) {
	var h heard
	flowtest.Check(&h, flows.Flow{
		Name: "night", Source: blocks(t, "go bad")[0],
		OnRequest: func(flows.Request) flows.Verdict { return flows.Approve("nobody looks") },
	})
	if diff := cmp.Diff(blocks(t, "text")[1], h.text.String()); diff != "" {
		t.Errorf("what is said of it (-docs/flows.md +flowtest):\n%s", diff)
	}
}

// TestTheGuidesFlows are those that the program has.
func TestTheGuidesFlows(t *testing.T) {
	guide := read(t, "../../docs/flows.md")
	for _, flow := range program().Rules {
		if !strings.Contains(guide, "| [`"+flow.Name+"`](../flows/") {
			t.Errorf("docs/flows.md doesn't speak of the flow %s", flow.Name)
		}
	}
	for _, link := range regexp.MustCompile(`\]\((\.\./[^)]*)\)`).FindAllStringSubmatch(guide, -1) {
		if _, err := os.Stat(filepath.Join("../../docs", link[1])); err != nil {
			t.Errorf("docs/flows.md: %v", err)
		}
	}
}
