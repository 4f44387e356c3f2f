package accounts

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/understudyhq/understudy/bot/loopback"
)

const (
	// maxConnections is what the app's database spares for people who type.
	maxConnections = 4
	connectTime    = 5 * time.Second
)

func isDatabase(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// databaseConfig reads the URL. No error shows a password.
func databaseConfig(where, password string) (*pgxpool.Config, error) {
	parsed, err := url.Parse(where)
	if err != nil {
		return nil, errors.New("account directory: the database's URL can't be read: write postgres://user@host:5432/database, with %-escapes for other characters than letters and digits")
	}
	if _, given := parsed.User.Password(); given && password != "" {
		return nil, errors.New("account directory: the database's URL has a password, and UNDERSTUDY_ACCOUNTS_TOKEN has one: remove one")
	}
	config, err := parseDatabaseURL(parsed)
	if err != nil {
		return nil, err
	}
	if !saysTLS(parsed) && !isNear(config) {
		values := parsed.Query()
		values.Set("sslmode", "verify-full")
		parsed.RawQuery = values.Encode()
		if config, err = parseDatabaseURL(parsed); err != nil {
			return nil, err
		}
	}
	if password != "" {
		config.ConnConfig.Password = password
	}
	config.MaxConns = maxConnections
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTime
	}
	params := config.ConnConfig.RuntimeParams
	params["client_encoding"] = "UTF8"
	if params["application_name"] == "" {
		params["application_name"] = "understudy"
	}
	return config, nil
}

func parseDatabaseURL(parsed *url.URL) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(parsed.String())
	if err == nil {
		return config, nil
	}
	why := "it isn't a postgres URL"
	if inner := errors.Unwrap(err); inner != nil {
		why = inner.Error()
	}
	if password, given := parsed.User.Password(); given && password != "" {
		why = strings.ReplaceAll(why, password, "…")
	}
	return nil, fmt.Errorf("account directory: the database's URL: %s", why)
}

// saysTLS is whether somebody decided about TLS.
func saysTLS(parsed *url.URL) bool {
	return parsed.Query().Has("sslmode") || os.Getenv("PGSSLMODE") != ""
}

// isNear says that all the database's hosts are this one.
func isNear(config *pgxpool.Config) bool {
	near := func(host string) bool { return strings.HasPrefix(host, "/") || loopback.Is(host) }
	for _, other := range config.ConnConfig.Fallbacks {
		if !near(other.Host) {
			return false
		}
	}
	return near(config.ConnConfig.Host)
}
