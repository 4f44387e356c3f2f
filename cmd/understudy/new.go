package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/understudyhq/understudy/cmd/understudy/newflow"
)

type newCommand struct {
	Flow newFlowCommand `cmd:"" help:"Write a repository with a flow of your own: its bot, a test, examples, a Dockerfile and CI."`
}

type newFlowCommand struct {
	Name     string `arg:"" help:"The flow's name, such as two-people."`
	Dir      string `type:"path" placeholder:"DIR" help:"The folder to write, which must be new or empty; the flow's name, if it isn't given."`
	Module   string `placeholder:"PATH" help:"The Go module's path, such as github.com/you/your-bot."`
	Checkout string `type:"existingdir" placeholder:"DIR" help:"Build on this copy of Understudy's source instead of a release, to try it out."`
}

// Run writes the repository. Nothing is overwritten.
func (n *newFlowCommand) Run(stdout io.Writer) error {
	dir := n.Dir
	if dir == "" {
		dir = n.Name
	}
	o := newflow.Options{Name: n.Name, Module: n.Module, Version: version(), Checkout: n.Checkout}
	if n.Checkout != "" {
		o.Version = "v0.0.0" // the checkout has none
	}
	files, err := newflow.Write(dir, o)
	if err != nil {
		return fmt.Errorf("writing the flow's repository: %w", err)
	}
	for _, file := range files {
		fmt.Fprintln(stdout, filepath.Join(dir, file))
	}
	fmt.Fprintf(stdout, "\nThe rules are in %s. Next:\n\n  cd %s\n  go mod tidy\n  go test ./...\n  go run . flow test\n  go run . demo\n", filepath.Join(dir, o.File()+".go"), dir)
	return nil
}

// version is this program's, if others can get it as a module.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || !strings.HasPrefix(info.Main.Version, "v") || strings.Contains(info.Main.Version, "+") {
		return ""
	}
	return info.Main.Version
}
