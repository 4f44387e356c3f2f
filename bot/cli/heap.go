package cli

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Go collects garbage when as much was allocated as is alive. Little is in a bot, so
// that under load it would be collecting all the time, on the processors that its
// answers wait for.

const (
	// garbage is how many bytes of it a bot may have before they are collected.
	garbage = 64 << 20
	// mostGarbage bounds it to so many percent of what is alive.
	mostGarbage = 400
)

// GiveRoom lets garbage be, as far as what is alive by now leaves room for it. Who
// sets GOGC or GOMEMLIMIT has said how it is to be.
func GiveRoom() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	debug.SetGCPercent(percent(memory.HeapAlloc))
}

// percent is the garbage that there may be beside so many live bytes.
func percent(live uint64) int {
	return int(min(max(garbage*100/max(live, 1), 100), mostGarbage))
}
