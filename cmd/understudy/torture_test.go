package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/understudyhq/understudy/cmd/understudy/storm"
)

// TestStorm is a short understudy torture; .ci/run has a longer one.
func TestStorm(t *testing.T) {
	t.Parallel()
	length, seed := 8*time.Second, rand.Uint64()
	t.Logf("again: understudy torture --for %s --seed %d", length, seed)
	result, err := storm.Run(t.Context(), storm.Options{
		Seed: seed, For: length, Round: length, Pause: 600 * time.Millisecond,
		Serve: serveStorm, Copy: copyStore, Out: t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	result.Print(t.Output())
	if len(result.Violations) > 0 {
		t.Errorf("%d violations; the bot's log is %s", len(result.Violations), result.Log)
	}
	if result.Deeds == 0 || result.Cards == 0 {
		t.Errorf("too little was tried: %d events of people, and %d cards", result.Deeds, result.Cards)
	}
}
