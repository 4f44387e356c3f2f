package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/understudyhq/understudy/bot/api"
	"github.com/understudyhq/understudy/store"
)

// tokenCommand looks after the tokens of a running bot's API.
type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make a token, and print its secret once."`
	List   tokenListCommand   `cmd:"" help:"List the tokens."`
	Revoke tokenRevokeCommand `cmd:"" help:"Revoke a token."`
}

type tokenCreateCommand struct {
	server

	Name string `arg:"" help:"Who or what will use it, such as terraform."`
	Role string `enum:"read,operate,admin,app" default:"read" help:"What it lets do: read (look and plan), operate (provision flows too), admin (make tokens too); or app (let agents into an app, and nothing else)."`
	App  string `help:"The app, by the name that flows give it, for the role app."`
}

// Run makes a token. Standard output has the secret alone, for a file.
func (t *tokenCreateCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := t.client()
	if err != nil {
		return err
	}
	made, err := bot.NewToken(ctx, api.NewToken{Name: t.Name, Role: store.Role(t.Role), App: t.App})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, made.Secret)
	return nil
}

type tokenListCommand struct {
	server

	JSON bool `help:"Print JSON."`
}

// Run lists the tokens.
func (t *tokenListCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := t.client()
	if err != nil {
		return err
	}
	all, err := bot.Tokens(ctx)
	switch {
	case err != nil:
		return err
	case t.JSON:
		return asJSON(stdout, all)
	case len(all) == 0:
		fmt.Fprintln(stdout, "There is no token but the first one.")
		return nil
	}
	rows := [][]string{{"ID", "NAME", "ROLE", "APP", "SINCE", "BY", "REVOKED"}}
	for _, one := range all {
		revoked := ""
		if !one.RevokedAt.IsZero() {
			revoked = moment(one.RevokedAt) + " by " + one.RevokedBy
		}
		rows = append(rows, []string{one.ID, one.Name, string(one.Role), cmp.Or(one.App, "-"), moment(one.Since), one.By, revoked})
	}
	return columns(stdout, rows)
}

type tokenRevokeCommand struct {
	server

	ID string `arg:"" help:"The token's id, of token list."`
}

// Run revokes a token.
func (t *tokenRevokeCommand) Run(ctx context.Context, stdout io.Writer) error {
	bot, err := t.client()
	if err != nil {
		return err
	}
	if err := bot.RevokeToken(ctx, t.ID); err != nil {
		return err
	}
	fmt.Fprintln(stdout, "Revoked. Whoever has it can do nothing with it from now on.")
	return nil
}
