package cli

import (
	_ "embed"
	"io"
)

// manifest is the Slack app that the bot needs. README.md explains each scope.
//
//go:embed manifest.json
var manifest string

// Manifest is the Slack app that the bot needs, as JSON.
func Manifest() []byte { return []byte(manifest) }

type manifestCommand struct{}

// Run prints the manifest.
func (manifestCommand) Run(stdout io.Writer) error {
	_, err := io.WriteString(stdout, manifest)
	return err
}
