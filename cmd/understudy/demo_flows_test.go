package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/bot/api/client"
	"github.com/understudyhq/understudy/bot/demo"
	"github.com/understudyhq/understudy/bot/provision"
)

// TestAFlowOfTheDemo is provisioned over the API while the demo runs, and is there
// after its bot was killed.
func TestAFlowOfTheDemo(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	at := <-d.api
	pid := d.botPID()
	bot, err := client.New(at[0], at[1])
	if err != nil {
		t.Fatal(err)
	}
	d.answers(func() error { _, err := bot.Flows(t.Context()); return err })
	record := provision.Record{
		Name: "break-glass", Params: map[string]string{"incidents": demo.Schedule, "managers": demo.Schedule, "review": "support"},
		Durations: []string{"15m"},
	}
	plan, err := bot.Plan(t.Context(), record)
	if err != nil || len(plan.Errors) > 0 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0].Text, "the account directory has no legal_hold") {
		t.Fatalf("the plan: %+v, %v", plan, err)
	}
	made, err := bot.Provision(t.Context(), record, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	d.botPID()
	var all []api.Flow
	d.answers(func() (err error) { all, err = bot.Flows(t.Context()); return err })
	if len(all) != 2 || all[0].ID != made.ID || all[1].Name != "impersonation" || all[1].Origin != "api" {
		t.Errorf("flows after the kill: %+v", all)
	}
	d.stop()
}

// answers waits until the bot's API does.
func (d *runningDemo) answers(ask func() error) {
	d.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for err := ask(); err != nil; err = ask() {
		if time.Now().After(deadline) {
			d.t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // a process has no event for this
	}
}
