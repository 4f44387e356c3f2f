package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/understudyhq/understudy/bot"
	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/store"
)

// settings is how a bot is configured: flags, or environment variables of the
// same names. A secret may be in a file instead.
type settings struct {
	SlackAppToken      string `env:"SLACK_APP_TOKEN" placeholder:"xapp-…" help:"App-level token, with connections:write."`
	SlackAppTokenFile  string `env:"SLACK_APP_TOKEN_FILE" help:"A file that holds it."`
	SlackBotToken      string `env:"SLACK_BOT_TOKEN" placeholder:"xoxb-…" help:"Bot token."`
	SlackBotTokenFile  string `env:"SLACK_BOT_TOKEN_FILE" help:"A file that holds it."`
	SlackAPIURL        string `name:"slack-api-url" env:"SLACK_API_URL" default:"https://slack.com/api/" help:"Where Slack's Web API is."`
	PagerdutyToken     string `env:"PAGERDUTY_TOKEN" help:"REST API key, read-only."`
	PagerdutyTokenFile string `env:"PAGERDUTY_TOKEN_FILE" help:"A file that holds it."`
	PagerdutyAPIURL    string `name:"pagerduty-api-url" env:"PAGERDUTY_API_URL" default:"https://api.pagerduty.com" help:"Where PagerDuty's API is."`
	directorySettings
	Store    string `env:"UNDERSTUDY_STORE" default:"bolt:understudy.db" help:"Where the bot keeps its cases."`
	Flows    string `env:"UNDERSTUDY_FLOWS" placeholder:"FILE" help:"The provisioned flows, a JSON file."`
	Emails   string `env:"UNDERSTUDY_EMAILS" placeholder:"FILE" help:"For people whose e-mail differs in Slack: a JSON object from the e-mail in PagerDuty to the one in Slack."`
	TakeOver bool   `env:"UNDERSTUDY_TAKE_OVER" help:"If a bot runs on this store, take over from it without losing a click."`
	Listen   string `env:"UNDERSTUDY_LISTEN" default:"127.0.0.1:8080" help:"Where /healthz, /readyz and /metrics are served."`
}

// rules are the flows that this program has, by name.
func rules() map[string]flows.Flow {
	return map[string]flows.Flow{flows.Impersonation.Name: flows.Impersonation}
}

// inputs are the settings' files, read.
type inputs struct {
	rules  map[string]flows.Flow
	haste  int // how many times as fast as Slack allows; 0 is once
	flow   store.Flow
	emails map[string]string
}

// read reads the settings' files and checks everything that can be checked
// without a network. The error names every problem, with its remedy.
func (s *settings) read(rules map[string]flows.Flow) (inputs, error) {
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
	note(s.readDirectory())
	if !strings.HasPrefix(s.Store, "bolt:") || s.Store == "bolt:" {
		note(fmt.Errorf("UNDERSTUDY_STORE is %q: write bolt: and a file's name, such as bolt:understudy.db", s.Store))
	}
	in := inputs{rules: rules}
	var err error
	in.flow, err = s.readFlow(rules)
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

func (s *settings) storePath() string { return strings.TrimPrefix(s.Store, "bolt:") }

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

// webURL checks the URL and gives it the trailing slash that Slack's needs.
func webURL(name string, value *string) error {
	u, err := url.Parse(*value)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("%s is %q: write a URL with https://", name, *value)
	}
	if !strings.HasSuffix(*value, "/") {
		*value += "/"
	}
	return nil
}

func (s *settings) readFlow(rules map[string]flows.Flow) (store.Flow, error) {
	if s.Flows == "" {
		return store.Flow{}, errors.New("UNDERSTUDY_FLOWS is missing: name a JSON file of flows")
	}
	data, err := os.ReadFile(s.Flows)
	if err != nil {
		return store.Flow{}, fmt.Errorf("UNDERSTUDY_FLOWS can't be read: %w", err)
	}
	read, err := bot.ReadFlows(data, rules)
	if err != nil {
		return store.Flow{}, fmt.Errorf("UNDERSTUDY_FLOWS, the file %s: %w", s.Flows, err)
	}
	if len(read) > 1 {
		return store.Flow{}, fmt.Errorf("UNDERSTUDY_FLOWS, the file %s: it has %d flows, and this version runs one", s.Flows, len(read))
	}
	return read[0], nil
}

func (s *settings) readEmails() (map[string]string, error) {
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
