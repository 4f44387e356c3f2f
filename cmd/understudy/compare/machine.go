package compare

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// Machine is what it was measured on.
type Machine struct {
	Cores      int    `json:"cores"`
	System     string `json:"system"`
	Go         string `json:"go"`
	Node       string `json:"node"`
	Bolt       string `json:"bolt"`
	Filesystem string `json:"filesystem"`
}

func machine(ctx context.Context, folder string) Machine {
	return Machine{
		Cores: runtime.NumCPU(), System: said(ctx, "uname", "-srm"), Go: runtime.Version(),
		Node: said(ctx, "node", "--version"), Bolt: boltVersion, Filesystem: filesystem(ctx, folder),
	}
}

func (m Machine) String() string {
	return fmt.Sprintf("%d cores, %s, %s; %s, Node %s, @slack/bolt %s.", m.Cores, m.System, m.Filesystem, m.Go, m.Node, m.Bolt)
}

// said is what a command prints, in one line.
func said(ctx context.Context, name string, words ...string) string {
	out, err := exec.CommandContext(ctx, name, words...).Output() //nolint:gosec // our own words
	if err != nil {
		return "unknown " + name
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// filesystem is the kind of the one that the folder is on: a flush to one that
// is in memory costs nothing.
func filesystem(ctx context.Context, folder string) string {
	words := strings.Fields(said(ctx, "df", "-PT", folder))
	for i, word := range words {
		if strings.Contains(word, "%") && i >= 4 && i+1 < len(words) {
			return words[i-4]
		}
	}
	return "an unknown file system"
}
