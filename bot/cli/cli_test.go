package cli_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/flows"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"understudy": func() {
			os.Exit(cli.Program{Name: "understudy", Rules: []flows.Flow{flows.Impersonation}}.Run(os.Args[1:], os.Stdout, os.Stderr))
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata"})
}

// wave is a verb that a program adds.
type wave struct {
	Wave waver `cmd:"" help:"Wave."`
}

type waver struct{}

// Run waves.
func (waver) Run(p cli.Program) error {
	_, err := os.Stat("/" + p.Name + " waves")
	return err
}

func TestAProgramsOwnVerbs(t *testing.T) {
	program := cli.Program{Name: "mine", Rules: []flows.Flow{flows.Impersonation}, Verbs: []any{&wave{}}}
	var out bytes.Buffer
	if code := program.Run([]string{"--help"}, &out, &out); code != 0 || !strings.Contains(out.String(), "Wave.") || !strings.Contains(out.String(), "Run the bot") {
		t.Errorf("its help ended with %d:\n%s", code, &out)
	}
	out.Reset()
	if code := program.Run([]string{"wave"}, &out, &out); code != 1 || !strings.HasPrefix(out.String(), "mine: stat /mine waves") {
		t.Errorf("its verb ended with %d:\n%s", code, &out)
	}
}

// TestFlowsThatNobodyCanTellApart are a mistake in a program's main.
func TestFlowsThatNobodyCanTellApart(t *testing.T) {
	one := flows.Flow{Name: "one"}
	for want, rules := range map[string][]flows.Flow{
		"the program has no flow: name one in its main":   nil,
		"the program's flow 2 has no name":                {one, {}},
		"the program has two flows of the name one: give": {one, {Name: "two"}, one},
	} {
		var out bytes.Buffer
		if code := (cli.Program{Name: "mine", Rules: rules}).Run([]string{"serve"}, &out, &out); code != 1 || !strings.Contains(out.String(), want) {
			t.Errorf("ended with %d, want %q:\n%s", code, want, &out)
		}
	}
}
