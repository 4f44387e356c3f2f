package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/cmd/understudy/storm"
)

// TestStorm is a short understudy torture; .ci/run has a longer one. One in which
// the bot was away for all of the time shows nothing, and is made again.
func TestStorm(t *testing.T) {
	t.Parallel()
	for range 3 {
		result := shortStorm(t)
		if len(result.Violations) > 0 {
			t.Fatalf("%d violations; the bot's log is %s", len(result.Violations), result.Log)
		}
		if result.Deeds > 0 && result.Cards > 0 {
			return
		}
	}
	t.Error("too little was tried, three times")
}

func shortStorm(t *testing.T) storm.Result {
	length, seed := 8*time.Second, rand.Uint64()
	t.Logf("again: understudy torture --for %s --seed %d", length, seed)
	result, err := storm.Run(t.Context(), storm.Options{
		Seed: seed, For: length, Round: length, Pause: 600 * time.Millisecond,
		Serve: serveStorm, Copy: cli.CopyStore, Out: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	result.Print(t.Output())
	return result
}
