package cli

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"github.com/understudyhq/understudy/bot/provision"
)

// manifest is the Slack app that the bot needs. README.md explains each scope.
//
//go:embed manifest.json
var manifest string

// Manifest is the Slack app that the bot needs, as JSON.
func Manifest() []byte { return []byte(manifest) }

type manifestCommand struct {
	Command []string `placeholder:"/NAME" help:"A further slash command, for a flow that has its own; may be given several times."`
}

// Run prints the manifest.
func (m *manifestCommand) Run(stdout io.Writer) error {
	if len(m.Command) == 0 {
		_, err := io.WriteString(stdout, manifest)
		return err
	}
	app := map[string]any{}
	if err := json.Unmarshal(Manifest(), &app); err != nil {
		return err
	}
	features, _ := app["features"].(map[string]any)
	commands, _ := features["slash_commands"].([]any)
	for _, name := range m.Command {
		if !provision.SlashCommand(name) {
			return fmt.Errorf("%q isn't a slash command, such as %q", name, provision.DefaultCommand)
		}
		command := maps.Clone(commands[0].(map[string]any)) //nolint:forcetypeassert // the manifest is the program's own
		command["command"] = name
		commands = append(commands, command)
	}
	features["slash_commands"] = commands
	return asJSON(stdout, app)
}
