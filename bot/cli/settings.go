package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/understudyhq/understudy/bot/loopback"
	"github.com/understudyhq/understudy/bot/provision"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// Settings is how a bot is configured: flags, or environment variables of the
// same names. A secret may be in a file instead.
type Settings struct {
	SlackAppToken      string `env:"SLACK_APP_TOKEN" placeholder:"xapp-…" help:"App-level token, with connections:write."`
	SlackAppTokenFile  string `env:"SLACK_APP_TOKEN_FILE" help:"A file that holds it."`
	SlackBotToken      string `env:"SLACK_BOT_TOKEN" placeholder:"xoxb-…" help:"Bot token."`
	SlackBotTokenFile  string `env:"SLACK_BOT_TOKEN_FILE" help:"A file that holds it."`
	SlackAPIURL        string `name:"slack-api-url" env:"SLACK_API_URL" default:"https://slack.com/api/" help:"Where Slack's Web API is."`
	PagerdutyToken     string `env:"PAGERDUTY_TOKEN" help:"REST API key, read-only."`
	PagerdutyTokenFile string `env:"PAGERDUTY_TOKEN_FILE" help:"A file that holds it."`
	PagerdutyAPIURL    string `name:"pagerduty-api-url" env:"PAGERDUTY_API_URL" default:"https://api.pagerduty.com" help:"Where PagerDuty's API is."`
	Store              string `env:"UNDERSTUDY_STORE" default:"bolt:understudy.db" help:"Where the bot keeps its cases."`
	DirectorySettings
	Flows          string `env:"UNDERSTUDY_FLOWS" placeholder:"FILE" help:"The provisioned flows, a JSON file."`
	Emails         string `env:"UNDERSTUDY_EMAILS" placeholder:"FILE" help:"For people whose e-mail differs in Slack: a JSON object from the e-mail in PagerDuty to the one in Slack."`
	TakeOver       bool   `env:"UNDERSTUDY_TAKE_OVER" help:"If a bot runs on this store, take over from it without losing a click."`
	Listen         string `env:"UNDERSTUDY_LISTEN" default:"127.0.0.1:8080" help:"Where /healthz, /readyz, /metrics and the API are served."`
	PublicURL      string `name:"public-url" env:"UNDERSTUDY_PUBLIC_URL" placeholder:"URL" help:"The address by which apps reach the bot, which their tokens name as their issuer. Where it listens, by default."`
	ConsentURL     string `name:"consent-url" env:"UNDERSTUDY_CONSENT_URL" placeholder:"URL" help:"The address by which customers reach the bot's pages under /consent/, where they agree to an access. UNDERSTUDY_PUBLIC_URL, by default."`
	Keys           string `env:"UNDERSTUDY_KEYS" placeholder:"FILE" help:"Where the keys are that sign apps' tokens. Beside the store, by default."`
	AdminToken     string `env:"UNDERSTUDY_ADMIN_TOKEN" help:"The first token of the API, of 32 characters or more. It makes the others."`
	AdminTokenFile string `env:"UNDERSTUDY_ADMIN_TOKEN_FILE" help:"A file that holds it."`
	TLSCert        string `name:"tls-cert" env:"UNDERSTUDY_TLS_CERT" placeholder:"FILE" help:"Serve HTTPS with this certificate, in PEM …"`
	TLSKey         string `name:"tls-key" env:"UNDERSTUDY_TLS_KEY" placeholder:"FILE" help:"… and its key."`
	PlainAPI       bool   `name:"plain-api" env:"UNDERSTUDY_PLAIN_API" help:"Serve the API without TLS to other machines too: something in front of it has TLS."`
}

// inputs are the settings' files, read.
type inputs struct {
	rules  map[string]flows.Flow
	haste  int          // how many times as fast as Slack allows; 0 is once
	flows  []store.Flow // of the file; nil without one
	emails map[string]string
}

// read reads the settings' files and checks everything that can be checked
// without a network. The error names every problem, with its remedy.
func (s *Settings) read(rules map[string]flows.Flow) (inputs, error) {
	var problems []error
	note := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	note(secret(&s.SlackAppToken, s.SlackAppTokenFile, "SLACK_APP_TOKEN", "xapp-", "Slack: your app, Basic Information, App-Level Tokens"))
	note(secret(&s.SlackBotToken, s.SlackBotTokenFile, "SLACK_BOT_TOKEN", "xoxb-", "Slack: your app, OAuth & Permissions, after installing it"))
	note(secret(&s.PagerdutyToken, s.PagerdutyTokenFile, "PAGERDUTY_TOKEN", "", "PagerDuty: Integrations, API Access Keys, read-only"))
	note(webURL("SLACK_API_URL", &s.SlackAPIURL))
	note(webURL("PAGERDUTY_API_URL", &s.PagerdutyAPIURL))
	s.PagerdutyAPIURL = strings.TrimSuffix(s.PagerdutyAPIURL, "/")
	if _, _, err := net.SplitHostPort(s.Listen); err != nil {
		note(fmt.Errorf("UNDERSTUDY_LISTEN is %q: write an address and a port, such as 127.0.0.1:8080", s.Listen))
	}
	note(s.readAdminToken())
	note(s.readPublicURL())
	note(s.readConsentURL())
	if (s.TLSCert == "") != (s.TLSKey == "") {
		note(errors.New("UNDERSTUDY_TLS_CERT and UNDERSTUDY_TLS_KEY go together: set both, or neither"))
	}
	note(s.readDirectory())
	if !strings.HasPrefix(s.Store, "bolt:") || s.Store == "bolt:" {
		note(fmt.Errorf("UNDERSTUDY_STORE is %q: write bolt: and a file's name, such as bolt:understudy.db", s.Store))
	}
	in := inputs{rules: rules}
	var err error
	in.flows, err = s.readFlows(rules)
	note(err)
	in.emails, err = s.readEmails()
	note(err)
	if len(problems) > 0 {
		return in, fmt.Errorf("the bot can't start with these settings:\n%w", listed(problems))
	}
	return in, nil
}

// listed are errors as one, a line each.
func listed(problems []error) error {
	for i, problem := range problems {
		problems[i] = fmt.Errorf("  - %w", problem)
	}
	return errors.Join(problems...)
}

// StorePath is the store's file.
func (s *Settings) StorePath() string { return strings.TrimPrefix(s.Store, "bolt:") }

// protected says that the API's tokens are safe on their way, or are said to be.
func (s *Settings) protected() bool { return s.TLSCert != "" || s.PlainAPI }

// secret fills value from its file, and checks how it begins. One that is got
// nowhere may be missing. No message shows any of it.
func secret(value *string, file, name, prefix, where string) error {
	if *value == "" && file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s_FILE can't be read: %w", name, err)
		}
		if *value = strings.TrimSpace(string(data)); *value == "" {
			return fmt.Errorf("%s_FILE: the file %s is empty", name, file)
		}
	}
	switch {
	case *value == "" && where == "":
		return nil // nobody has to have it
	case *value == "":
		return fmt.Errorf("%s is missing: set it, or %s_FILE; get it at %s", name, name, where)
	case !strings.HasPrefix(*value, prefix):
		return fmt.Errorf("%s doesn't begin with %s, so it is another token: get it at %s", name, prefix, where)
	}
	return nil
}

// KeysPath is the file of the keys that sign apps' tokens.
func (s *Settings) KeysPath() string { return cmp.Or(s.Keys, s.StorePath()+".keys") }

// readPublicURL needs none: then it is where the bot listens.
func (s *Settings) readPublicURL() error {
	if s.PublicURL == "" {
		return nil
	}
	if err := webURL("UNDERSTUDY_PUBLIC_URL", &s.PublicURL); err != nil {
		return err
	}
	s.PublicURL = strings.TrimSuffix(s.PublicURL, "/")
	if u, err := url.Parse(s.PublicURL); err != nil || u.Path != "" {
		return fmt.Errorf("UNDERSTUDY_PUBLIC_URL is %q: give the address without a path, because apps look for /.well-known there", s.PublicURL)
	}
	return nil
}

// readConsentURL needs none if customers reach the bot as apps do, or aren't asked.
func (s *Settings) readConsentURL() error {
	if s.ConsentURL == "" {
		if u, err := url.Parse(s.PublicURL); err == nil && unreadable(u) {
			s.ConsentURL = s.PublicURL
		}
		return nil
	}
	if err := webURL("UNDERSTUDY_CONSENT_URL", &s.ConsentURL); err != nil {
		return err
	}
	s.ConsentURL = strings.TrimSuffix(s.ConsentURL, "/")
	if u, err := url.Parse(s.ConsentURL); err != nil || !unreadable(u) {
		return fmt.Errorf("UNDERSTUDY_CONSENT_URL is %q: with its link anybody could answer for a customer, and it would cross the network for all to read; give an https:// address", s.ConsentURL)
	}
	return nil
}

// unreadable says whether nobody on the way reads what is sent to the address.
func unreadable(u *url.URL) bool {
	return u.Scheme == "https" || loopback.Is(u.Hostname())
}

// shortestToken is as long as a random token that can't be guessed.
const shortestToken = 32

// readAdminToken needs none: then the API has only the tokens that are stored.
func (s *Settings) readAdminToken() error {
	if s.AdminToken == "" && s.AdminTokenFile == "" {
		return nil
	}
	if err := secret(&s.AdminToken, s.AdminTokenFile, "UNDERSTUDY_ADMIN_TOKEN", "", "a generator of random text, such as openssl rand -base64 33"); err != nil {
		return err
	}
	if len(s.AdminToken) < shortestToken {
		return fmt.Errorf("UNDERSTUDY_ADMIN_TOKEN has %d characters, and could be guessed: give it %d or more, as from openssl rand -base64 33", len(s.AdminToken), shortestToken)
	}
	return nil
}

// webURL checks the URL and gives it the trailing slash that Slack's needs.
func webURL(name string, value *string) error {
	u, err := url.Parse(*value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%s is %q: write a URL with https://", name, *value)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" { // which errors and logs would show
		return fmt.Errorf("%s, at %s, has a password, a query or a fragment: give the address alone", name, u.Host)
	}
	if !strings.HasSuffix(*value, "/") {
		*value += "/"
	}
	return nil
}

// readFlows reads the file of flows. Without one they are provisioned over HTTP,
// by whoever has the first token.
func (s *Settings) readFlows(rules map[string]flows.Flow) ([]store.Flow, error) {
	if s.Flows == "" && s.AdminToken == "" {
		return nil, errors.New("UNDERSTUDY_FLOWS is missing: name a JSON file of flows; or set UNDERSTUDY_ADMIN_TOKEN, and provision them with understudy flow apply or with Terraform")
	}
	if s.Flows == "" {
		return nil, nil
	}
	data, err := os.ReadFile(s.Flows)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_FLOWS can't be read: %w", err)
	}
	read, err := provision.ReadFile(data, rules)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_FLOWS, the file %s: %w", s.Flows, err)
	}
	return read, nil
}

func (s *Settings) readEmails() (map[string]string, error) {
	if s.Emails == "" {
		return nil, nil
	}
	data, err := os.ReadFile(s.Emails)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_EMAILS can't be read: %w", err)
	}
	emails, err := parseEmails(data)
	if err != nil {
		return nil, fmt.Errorf("UNDERSTUDY_EMAILS, the file %s: %w", s.Emails, err)
	}
	return emails, nil
}

func parseEmails(data []byte) (emails map[string]string, err error) {
	if err := json.Unmarshal(data, &emails); err != nil {
		return nil, fmt.Errorf(`it isn't a JSON object such as {"mia@pager.example":"mia@example.com"}: %w`, err)
	}
	return emails, nil
}

// Environment is the settings as environment variables.
func (s *Settings) Environment() []string {
	return []string{
		"SLACK_APP_TOKEN=" + s.SlackAppToken,
		"SLACK_BOT_TOKEN=" + s.SlackBotToken,
		"SLACK_API_URL=" + s.SlackAPIURL,
		"PAGERDUTY_TOKEN=" + s.PagerdutyToken,
		"PAGERDUTY_API_URL=" + s.PagerdutyAPIURL,
		"UNDERSTUDY_STORE=" + s.Store,
		"UNDERSTUDY_ACCOUNTS=" + s.Accounts,
		"UNDERSTUDY_ACCOUNTS_TOKEN=" + s.AccountsToken,
		"UNDERSTUDY_ACCOUNTS_TOKEN_FILE=" + s.AccountsTokenFile,
		"UNDERSTUDY_ACCOUNTS_QUERIES=" + s.AccountsQueries,
		"UNDERSTUDY_ACCOUNTS_PLAIN=" + strconv.FormatBool(s.AccountsPlain),
		"UNDERSTUDY_ACCOUNTS_MAX_AGE=" + s.AccountsMaxAge.String(),
		"UNDERSTUDY_FLOWS=" + s.Flows,
		"UNDERSTUDY_EMAILS=" + s.Emails,
		"UNDERSTUDY_LISTEN=" + s.Listen,
		"UNDERSTUDY_PUBLIC_URL=" + s.PublicURL,
		"UNDERSTUDY_CONSENT_URL=" + s.ConsentURL,
		"UNDERSTUDY_KEYS=" + s.Keys,
		"UNDERSTUDY_ADMIN_TOKEN=" + s.AdminToken,
		"UNDERSTUDY_ADMIN_TOKEN_FILE=" + s.AdminTokenFile,
		"UNDERSTUDY_TLS_CERT=" + s.TLSCert,
		"UNDERSTUDY_TLS_KEY=" + s.TLSKey,
		"UNDERSTUDY_PLAIN_API=" + strconv.FormatBool(s.PlainAPI),
		"UNDERSTUDY_TAKE_OVER=" + strconv.FormatBool(s.TakeOver),
	}
}
