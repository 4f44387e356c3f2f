package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/understudyhq/understudy/bot/accounts"
)

// DirectorySettings say where the account directory is.
type DirectorySettings struct {
	Accounts          string        `env:"UNDERSTUDY_ACCOUNTS" placeholder:"FILE|URL" help:"The account directory: a .json, .jsonl or .csv file, the https URL of a service, or the postgres URL of a database."`
	AccountsToken     string        `env:"UNDERSTUDY_ACCOUNTS_TOKEN" help:"The bearer token that the service asks for, or the database's password."`
	AccountsTokenFile string        `env:"UNDERSTUDY_ACCOUNTS_TOKEN_FILE" help:"A file that holds it."`
	AccountsQueries   string        `env:"UNDERSTUDY_ACCOUNTS_QUERIES" placeholder:"FILE" help:"The database's two queries, a .sql file."`
	AccountsPlain     bool          `env:"UNDERSTUDY_ACCOUNTS_PLAIN" help:"Ask a service on another host without TLS."`
	AccountsMaxAge    time.Duration `env:"UNDERSTUDY_ACCOUNTS_MAX_AGE" default:"24h" help:"How long the last accounts of a file that can't be read any more are used; after that, requests are refused."`
}

// readDirectory checks what can be checked without a network.
func (d *DirectorySettings) readDirectory() error {
	if err := secret(&d.AccountsToken, d.AccountsTokenFile, "UNDERSTUDY_ACCOUNTS_TOKEN", "", ""); err != nil {
		return err
	}
	if d.AccountsMaxAge < 0 {
		return fmt.Errorf("UNDERSTUDY_ACCOUNTS_MAX_AGE is %s: write a time, such as 24h", d.AccountsMaxAge)
	}
	if d.Accounts == "" {
		return errors.New("UNDERSTUDY_ACCOUNTS is missing: name a .json, .jsonl or .csv file of accounts, the https URL of a service, or the postgres URL of a database")
	}
	if err := d.source().Check(); err != nil {
		return fmt.Errorf("UNDERSTUDY_ACCOUNTS: %w", err)
	}
	return nil
}

func (d *DirectorySettings) source() accounts.Source {
	return accounts.Source{Where: d.Accounts, Secret: d.AccountsToken, Queries: d.AccountsQueries, Plain: d.AccountsPlain, Keep: d.AccountsMaxAge}
}
