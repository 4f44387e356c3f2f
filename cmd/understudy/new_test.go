package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/browsertest"
)

// TestNewFlow writes a repository as somebody with rules of their own does, on
// this checkout, and does in it what its README says.
func TestNewFlow(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("it builds a program: install Go to run this")
	}
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "night-shift")
	create := []string{"new", "flow", "night-shift", "--dir", dir, "--module", "example.com/you/night", "--checkout", checkout}
	var out bytes.Buffer
	if code := program().Run(create, &out, &out); code != 0 {
		t.Fatalf("understudy new flow ended with %d:\n%s", code, &out)
	}
	if main := read(t, filepath.Join(dir, "main.go")); strings.Count(main, "\n") > 10 {
		t.Errorf("its main.go has more than ten lines:\n%s", main)
	}
	r := repository(dir)
	r.run(t, "", "go", "build", "-o", "bot", ".")
	r.run(t, "4 examples, 0 wrong", "./bot", "flow", "test")
	r.run(t, "on-call managers (schedule PMGRS01)", "./bot", "flow", "simulate",
		"--account=acct_42", "--requester=lee@example.com", "--accounts=customers.jsonl", "--flows=flows.json")
	r.run(t, `"/impersonate"`, "./bot", "manifest")
	r.run(t, "ok", "go", "test", "./...")
	r.works(t)
	r.plays(t)
	out.Reset()
	if code := program().Run(create, &out, &out); code != 1 || !strings.Contains(out.String(), "has something in it already") {
		t.Errorf("a second one in the same folder ended with %d:\n%s", code, &out)
	}
}

// repository is the folder of somebody's repository.
type repository string

// run runs a command there, which must succeed and print want. It downloads
// nothing: what this test is built of, the repository is as well.
func (r repository) run(t *testing.T, want, name string, args ...string) {
	t.Helper()
	command := exec.Command(name, args...)
	command.Dir = string(r)
	command.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		t.Fatalf("%s %s: %v, want %q:\n%s", name, strings.Join(args, " "), err, want, out)
	}
}

// works holds that the repository's bot does what a bot does, by its flow.
func (r repository) works(t *testing.T) {
	t.Helper()
	k := newKillings(t)
	k.program, k.settings.Flows = filepath.Join(string(r), "bot"), filepath.Join(string(r), "flows.json")
	k.startBot()
	if !k.ask("amy", "Customer 001") {
		t.Fatal("the bot doesn't take a request")
	}
	if k.approve("mia", "Customer 001"); !k.clicked["Customer 001"] {
		t.Error("the bot doesn't take an approval")
	}
	k.stopBot()
}

// plays holds that the repository's demo shows its own flow.
func (r repository) plays(t *testing.T) {
	t.Helper()
	browsertest.Chromium(t)
	d := startDemoOf(t, filepath.Join(string(r), "bot"))
	d.botPID()
	v := d.visit(t)
	v.waits("the guide to name its flow", `document.querySelector('.guide').innerText.includes('Ask, by night-shift')`)
	v.ask("/impersonate acct_42", "Their invoice page fails since noon, ticket 4711")
	v.sees("right", "Your decision is needed")
	v.clicks("right", "Approve")
	v.sees("left-modal", "Approved by @Mia Falk")
	d.stop()
}
