package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/doctor"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
)

// Doctor looks at a deployment.
type Doctor struct {
	Settings

	JSON bool `help:"Print JSON."`
}

const (
	leastSpace = 512 << 20
	mostSkew   = 30 * time.Second
)

// Run says what the deployment of these settings gets wrong. It changes nothing,
// and fails if something is wrong.
func (d *Doctor) Run(ctx context.Context, p Program, stdout io.Writer) error {
	rules, err := p.rules()
	if err != nil {
		return err
	}
	found, err := d.examine(ctx, rules)
	if err != nil {
		return err
	}
	wrong, warnings := 0, 0
	for _, f := range found {
		switch f.State {
		case doctor.Wrong:
			wrong++
		case doctor.Warning:
			warnings++
		case doctor.Fine:
		}
	}
	if d.JSON {
		err = asJSON(stdout, found)
	} else {
		rows := make([][]string, len(found))
		for i, f := range found {
			rows[i] = []string{string(f.State), f.What, f.Text}
		}
		err = columns(stdout, rows)
		fmt.Fprintf(stdout, "%d looked at, %d wrong, %d to be warned of\n", len(found), wrong, warnings)
	}
	if err == nil && wrong > 0 {
		return exitCode(1)
	}
	return err
}

// examine goes through the settings first: what they have wrong keeps the rest
// from being asked.
func (d *Doctor) examine(ctx context.Context, rules map[string]flows.Flow) (found []doctor.Finding, err error) {
	in, unread := d.read(rules)
	if unread != nil {
		for line := range strings.SplitSeq(unread.Error(), "\n") {
			if problem, isOne := strings.CutPrefix(strings.TrimSpace(line), "- "); isOne {
				found = append(found, doctor.Finding{What: "settings", State: doctor.Wrong, Text: problem})
			}
		}
		return found, nil
	}
	client := d.slack(http.DefaultTransport)
	scopes, err := manifestScopes()
	if err != nil {
		return nil, err
	}
	patient := doctor.Patient{
		Slack: client, SlackURL: d.SlackAPIURL, BotToken: d.SlackBotToken, BotRemedy: botTokenRemedy, Scopes: scopes, Rules: rules, Flows: in.flows,
		StorePath: d.StorePath(), Listen: d.Listen, Protected: d.protected(),
		Now: time.Now, LeastSpace: leastSpace, MostSkew: mostSkew,
	}
	directory, closed := d.source().Open(ctx, zerolog.Nop())
	if patient.Closed = closed; closed == nil {
		defer func() { err = errors.Join(err, directory.Close()) }()
		patient.World = &provision.World{Accounts: directory, People: people.New(people.Options{
			Slack: client, PagerDutyToken: d.PagerdutyToken, PagerDutyURL: d.PagerdutyAPIURL, Overrides: in.emails, Log: zerolog.Nop(),
		})}
	}
	fine := doctor.Finding{What: "settings", State: doctor.Fine, Text: "all that are needed are there, and can be read"}
	return append([]doctor.Finding{fine}, doctor.Examine(ctx, patient)...), err
}

// manifestScopes are the bot's scopes.
func manifestScopes() ([]string, error) {
	var m struct {
		OAuth struct {
			Scopes struct{ Bot []string }
		} `json:"oauth_config"`
	}
	err := json.Unmarshal(Manifest(), &m)
	return m.OAuth.Scopes.Bot, err
}
