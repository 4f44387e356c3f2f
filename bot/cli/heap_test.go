package cli

import "testing"

func TestGarbageHasRoomBesideASmallHeap(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 16 << 20: 400, 32 << 20: 200, 64 << 20: 100, 1 << 30: 100} {
		if got := percent(live); got != want {
			t.Errorf("beside %d MiB: %d %%, want %d", live>>20, got, want)
		}
	}
}
