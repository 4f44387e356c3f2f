package accounts

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// unusable is what only whoever operates the bot can put right.
type unusable struct{ error }

func (u *unusable) Unwrap() error { return u.error }

// unfit says what is wrong with the query.
func (q *query) unfit(err error) error {
	return &unusable{fmt.Errorf("%s: the query %s: %w", q.place, q.name, err)}
}

// askingError is what went wrong with a query, where another was asked.
type askingError struct {
	*query
	err error
}

func (a *askingError) Error() string { return a.err.Error() }
func (a *askingError) Unwrap() error { return a.err }

// Conditions of PostgreSQL, by their codes:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	invalidText         = "22P02"
	numberOutOfRange    = "22003"
	readOnlyTransaction = "25006"
	noAuthorization     = "28000"
	wrongPassword       = "28P01"
	unknownStatement    = "26000"
	unknownDatabase     = "3D000"
	noPrivilege         = "42501"
	unknownParameter    = "42P18"
	queryCanceled       = "57014"
	planChanged         = "0A000" // of a prepared query; elsewhere, what isn't supported
)

// passing are conditions that another try may not meet.
var passing = []string{"40001", "40P01", "53300", "57P01", "57P02", "57P03", planChanged, unknownStatement} //nolint:gochecknoglobals // a table

// isStale says of a connection's prepared queries that they aren't what they were.
func isStale(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == planChanged || refused.Code == unknownStatement)
}

// isNoValue says that a text isn't a value of the type that it is compared with,
// such as an integer.
func isNoValue(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (refused.Code == invalidText || refused.Code == numberOutOfRange)
}

// toldError says for people what another error means.
type toldError struct {
	text string
	err  error
}

func (t *toldError) Error() string { return t.text }
func (t *toldError) Unwrap() error { return t.err }

func told(err error, format string, args ...any) error {
	return &toldError{fmt.Sprintf(format, args...), err}
}

// explained says for people what went wrong with a query.
func (d *Database) explained(ctx context.Context, q *query, err error) error {
	if other, ok := errors.AsType[*askingError](err); ok {
		q = other.query
	}
	_, forGood := errors.AsType[*unusable](err)
	_, badValue := errors.AsType[*valueError](err)
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	refused, isRefused := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil || forGood || badValue:
		return err
	case isRefused:
		return d.refusal(q, refused)
	case untrusted:
		return &unusable{told(err, "the database's certificate isn't trusted: name its authority with sslrootcert=FILE in the URL (%s)", oneLine(err))}
	case strings.Contains(oneLine(err), "server refused TLS connection"): // pgx has no other word for it
		return &unusable{told(err, "the database has no TLS, and whoever is between could answer for it: turn it on there, or write sslmode=disable in the URL where the network itself is trusted")}
	case ctx.Err() != nil:
		return told(ctx.Err(), "the database didn't answer in time")
	}
	d.pool.Reset() // the other connections have lost the same database
	return &momentary{error: told(err, "the database can't be reached: %s", oneLine(err))}
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// refusal says for people what the database said. It doesn't repeat values,
// which may be what somebody typed.
func (d *Database) refusal(q *query, said *pgconn.PgError) error {
	switch said.Code {
	case wrongPassword, noAuthorization:
		return &unusable{told(said, "the database doesn't let %q in (%s): set its password in UNDERSTUDY_ACCOUNTS_TOKEN or a PGPASSFILE, and allow it in pg_hba.conf", d.user, said.Message)}
	case unknownDatabase:
		return &unusable{told(said, "the database server says: %s: correct the URL", said.Message)}
	case queryCanceled:
		return told(said, "%s: the query %s took longer than %s and was cut: make it faster, EXPLAIN shows which index it lacks", q.place, q.name, q.cutAfter)
	case readOnlyTransaction:
		return q.refused(said, said.Message+": a query of the directory must only read")
	case unknownParameter:
		return q.refused(said, said.Message+": use it in the query, or cast it, such as $2::text")
	case noPrivilege:
		return q.refused(said, fmt.Sprintf("%s: let %q read it, with GRANT SELECT", said.Message, d.user))
	}
	if slices.Contains(passing, said.Code) || strings.HasPrefix(said.Code, "08") {
		return &momentary{error: told(said, "the database says: %s", said.Message)}
	}
	switch said.Code[:2] {
	case "25", "42":
		return q.refused(said, strings.TrimSuffix(said.Message+". "+said.Hint, ". "))
	case "22":
		return told(said, "%s: the query %s failed at a value (%s)", q.place, q.name, said.Code)
	}
	return told(said, "%s: the query %s: the database says: %s", q.place, q.name, said.Message)
}

// refused is what the database doesn't take in the query, at its line.
func (q *query) refused(said *pgconn.PgError, what string) error {
	return &unusable{told(said, "%s: the query %s: %s", q.at(said.Position), q.name, what)}
}
