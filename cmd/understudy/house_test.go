package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/understudyhq/understudy/"

// imports are what each package of the project imports, tests left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.Command("go", "list", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"...")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Skipf("needs the go command, to list packages: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		all[strings.TrimPrefix(words[0], module)] = words[1:]
	}
	return all
}

// TestImportsGoOneWay keeps cmd → bot → store → flows.
func TestImportsGoOneWay(t *testing.T) {
	layers := []string{"flows", "store", "bot", "cmd"}
	layer := func(path string) int { return slices.Index(layers, strings.Split(path, "/")[0]) }
	for path, imported := range imports(t) {
		if layer(path) < 0 {
			t.Errorf("%s is in no layer", path)
		}
		for _, other := range imported {
			if below, ours := strings.CutPrefix(other, module); ours && layer(below) > layer(path) {
				t.Errorf("%s imports %s, which is above it", path, below)
			}
		}
	}
}

// TestRulesAndCardsTouchNothing keeps clocks and sockets out of what is pure.
func TestRulesAndCardsTouchNothing(t *testing.T) {
	for path, imported := range imports(t) {
		for _, other := range imported {
			outside := strings.Contains(strings.Split(other, "/")[0], ".") && !strings.HasPrefix(other, module)
			if strings.HasPrefix(path, "flows") && outside {
				t.Errorf("%s imports %s, which isn't of the standard library", path, other)
			}
			pure := strings.HasPrefix(path, "flows") || path == "bot/view"
			if pure && slices.Contains([]string{"net", "net/http", "os", "os/exec", "database/sql", "syscall"}, other) {
				t.Errorf("%s imports %s, and is to be pure", path, other)
			}
		}
	}
}

// TestDirectDependencies are those that somebody chose.
func TestDirectDependencies(t *testing.T) {
	chosen := []string{
		"github.com/PagerDuty/go-pagerduty", "github.com/alecthomas/kong", "github.com/coder/websocket", "github.com/go-jose/go-jose", "github.com/go-json-experiment/json",
		"github.com/google/uuid", "github.com/hashicorp/terraform-plugin-framework", "github.com/jackc/pgx", "github.com/prometheus/client_golang", "github.com/rs/zerolog", "github.com/slack-go/slack", "go.etcd.io/bbolt", "golang.org/x/time", "golang.org/x/net/html",
		"github.com/standard-webhooks/standard-webhooks", // bot/demo/portal hears as an app does, by the library that apps use
		"pgregory.net/rapid",                             // store/storetest is for the tests of other engines
		"github.com/chromedp/chromedp",                   // bot/browsertest is for tests, too
		"github.com/google/go-cmp",
	}
	for path, imported := range imports(t) {
		for _, other := range imported {
			if !strings.Contains(strings.Split(other, "/")[0], ".") || strings.HasPrefix(other, module) {
				continue
			}
			if !slices.ContainsFunc(chosen, func(one string) bool { return other == one || strings.HasPrefix(other, one+"/") }) {
				t.Errorf("%s imports %s, which nobody chose", path, other)
			}
		}
	}
}
