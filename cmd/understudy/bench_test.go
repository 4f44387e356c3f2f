package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim/npm"
	"github.com/understudyhq/understudy/cmd/understudy/compare"
)

// TestBench runs all of the comparison, briefly: its figures mean nothing, but
// that no click is lost does.
func TestBench(t *testing.T) {
	onlyLong(t)
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	report, err := compare.Run(t.Context(), compare.Options{
		Self: self, Dir: t.TempDir(), Rounds: 1, Clicks: 20, For: time.Second, Refresh: 500 * time.Millisecond, Rate: 20, Kill: 5, Rest: time.Millisecond, Commits: 10, Progress: t.Output(),
	})
	if errors.Is(err, npm.ErrMissing) || errors.Is(err, npm.ErrRegistry) {
		t.Skipf("needs Slack's framework: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	ours := report.Ours
	if ours.Unanswered+ours.Vanished > 0 || ours.Killed < 5 || ours.Survived != ours.Killed || ours.One.Unanswered+ours.Many.Unanswered > 0 {
		t.Errorf("clicks were lost: %+v", ours)
	}
	if report.Theirs.Survived != 0 || report.Theirs.Killed < 5 || report.Theirs.One.Count != 20 {
		t.Errorf("the other app isn't one that keeps its state in memory: %+v", report.Theirs)
	}
	var table bytes.Buffer
	report.Print(&table)
	t.Logf("\n%s", &table)
	if _, err := json.Marshal(report); err != nil {
		t.Error(err)
	}
}
