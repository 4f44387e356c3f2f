package main

import (
	"errors"
	"fmt"

	"github.com/understudyhq/understudy/bot/accounts"
)

// directorySettings say where the account directory is.
type directorySettings struct {
	Accounts          string `env:"UNDERSTUDY_ACCOUNTS" placeholder:"FILE|URL" help:"The account directory: a .json, .jsonl or .csv file, or the https URL of a service."`
	AccountsToken     string `env:"UNDERSTUDY_ACCOUNTS_TOKEN" help:"The bearer token that the service asks for."`
	AccountsTokenFile string `env:"UNDERSTUDY_ACCOUNTS_TOKEN_FILE" help:"A file that holds it."`
	AccountsPlain     bool   `env:"UNDERSTUDY_ACCOUNTS_PLAIN" help:"Ask a service on another host without TLS."`
}

// readDirectory checks what can be checked without a network.
func (d *directorySettings) readDirectory() error {
	if err := secret(&d.AccountsToken, d.AccountsTokenFile, "UNDERSTUDY_ACCOUNTS_TOKEN", "", ""); err != nil {
		return err
	}
	if d.Accounts == "" {
		return errors.New("UNDERSTUDY_ACCOUNTS is missing: name a .json, .jsonl or .csv file of accounts, or the https URL of a service")
	}
	if err := d.source().Check(); err != nil {
		return fmt.Errorf("UNDERSTUDY_ACCOUNTS: %w", err)
	}
	return nil
}

func (d *directorySettings) source() accounts.Source {
	return accounts.Source{Where: d.Accounts, Secret: d.AccountsToken, Plain: d.AccountsPlain}
}
