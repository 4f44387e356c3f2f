package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/rs/zerolog"
)

// Database is a directory in PostgreSQL: the app's own tables, by two queries
// that its operator wrote. What people type reaches them as parameters only.
// Each question is a transaction that can't write, and that the database itself
// ends after seconds. Each connection prepares both queries and checks what they
// answer, so a table that changes is named when it has.
type Database struct {
	pool *pgxpool.Pool
	queries
	user    string
	idTyped atomic.Bool // whether an account's id is compared with something else than text
}

// startTime bounds what a bot that starts waits for the database.
const startTime = 10 * time.Second

// OpenDatabase is the directory in the database of a postgres URL, with the
// queries of a file. Queries that don't fit it and a login that it refuses are
// errors; a database that isn't there yet is logged, and asked later.
func OpenDatabase(ctx context.Context, where, password, queriesFile string, log zerolog.Logger) (*Database, error) {
	config, err := databaseConfig(where, password)
	if err != nil {
		return nil, err
	}
	queries, err := readQueries(queriesFile)
	if err != nil {
		return nil, err
	}
	d := &Database{queries: queries, user: config.ConnConfig.User}
	config.AfterConnect = d.prepare
	if d.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("account directory: %w", err)
	}
	err = d.try(ctx)
	if _, forGood := errors.AsType[*unusable](err); forGood || ctx.Err() != nil {
		d.pool.Close()
		return nil, err
	}
	if err != nil {
		log.Warn().Err(err).Msg("the account directory doesn't answer well yet: it is asked when somebody types")
	}
	return d, nil
}

// try asks both questions, because only then the database says whether they
// may read those tables.
func (d *Database) try(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	found, err := d.Search(ctx, "", "", 1)
	if err != nil {
		return err
	}
	id := "0"
	if len(found) > 0 {
		id = found[0].ID
	}
	if _, err := d.Get(ctx, id, ""); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// prepare prepares both queries on a new connection, and checks them.
func (d *Database) prepare(ctx context.Context, conn *pgx.Conn) error {
	for _, q := range []*query{&d.search, &d.facts} {
		said, err := conn.Prepare(ctx, q.name, q.sql)
		if err != nil {
			return &askingError{q, err}
		}
		if got := len(said.ParamOIDs); got != len(q.params) {
			return q.unfit(fmt.Errorf("it has %d parameters and must use %d: %s", got, len(q.params), strings.Join(q.params, "; ")))
		}
		if len(q.params) > 2 && !isWhole(said.ParamOIDs[2]) {
			return q.unfit(errors.New("its $3 isn't a whole number: end the query with LIMIT $3"))
		}
		if q == &d.facts {
			d.idTyped.Store(!isText(said.ParamOIDs[0]))
		}
		typeName := func(oid uint32) string { return formatType(ctx, conn, oid) }
		if err := checkColumns(said.Fields, q.needs, typeName); err != nil {
			return q.unfit(err)
		}
	}
	return nil
}

func isText(oid uint32) bool {
	return oid == pgtype.TextOID || oid == pgtype.VarcharOID || oid == pgtype.BPCharOID
}

func isWhole(oid uint32) bool {
	return oid == pgtype.Int2OID || oid == pgtype.Int4OID || oid == pgtype.Int8OID
}

// formatType is a type's name as people write it.
func formatType(ctx context.Context, conn *pgx.Conn, oid uint32) string {
	var name string
	if err := conn.QueryRow(ctx, "select format_type($1::oid, null)", oid).Scan(&name); err != nil {
		return fmt.Sprintf("of type %d", oid)
	}
	return name
}

// Search implements [Directory]. The order is the query's.
func (d *Database) Search(ctx context.Context, text, email string, limit int) ([]Account, error) {
	limit = min(limit, MaxResults)
	if limit <= 0 || !isStorable(text) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, searchTime)
	defer cancel()
	answers, err := d.ask(ctx, &d.search, limit, text, who(email), limit)
	if err != nil {
		return nil, fmt.Errorf("searching the account directory: %w", err)
	}
	found, err := accountsOf(answers, email)
	if err != nil {
		return nil, fmt.Errorf("searching the account directory: %w", err)
	}
	return found, nil
}

// isStorable says whether a text could be in a database.
func isStorable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Named implements [Directory], as [namedBySearch] does.
func (d *Database) Named(ctx context.Context, text string, limit int) ([]Account, error) {
	return namedBySearch(ctx, d, text, limit)
}

// Get implements [Directory].
func (d *Database) Get(ctx context.Context, id, email string) (Account, error) {
	if checkID(id) != nil || !isStorable(id) {
		return Account{}, ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, factsTime)
	defer cancel()
	answers, err := d.ask(ctx, &d.facts, 2, id, who(email))
	switch {
	case err == nil && len(answers) == 0, isNoValue(err) && d.idTyped.Load():
		return Account{}, ErrNotFound
	case err != nil:
	case len(answers) > 1:
		err = d.facts.unfit(errors.New("it answers more than one row for one id: select by the primary key, and join what there is once at most"))
	case answers[0].ID != id && d.idTyped.Load(): // 042 is 42 to an integer, and isn't the id that was asked for
		return Account{}, ErrNotFound
	case answers[0].ID != id:
		err = &otherAccountError{answers[0].ID}
	}
	if err != nil {
		return Account{}, fmt.Errorf("asking the account directory for %q: %w", id, err)
	}
	account, err := answers[0].account(email)
	if err != nil {
		return Account{}, fmt.Errorf("asking the account directory for %q: %w", id, err)
	}
	return account, nil
}

// Close implements [Directory].
func (d *Database) Close() error {
	d.pool.Close()
	return nil
}

// ask is the rows of a query, as many as limit says.
func (d *Database) ask(ctx context.Context, q *query, limit int, args ...any) (answers []answer, err error) {
	err = persist(ctx, func() error {
		answers, err = d.once(ctx, q, limit, args)
		return d.explained(ctx, q, err)
	})
	return answers, err
}

func (d *Database) once(ctx context.Context, q *query, limit int, args []any) (answers []answer, err error) {
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	begin := fmt.Sprintf("begin isolation level read committed read only; set local statement_timeout = %d", q.cutAfter.Milliseconds())
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return nil, err
	}
	defer func() {
		if tx.Rollback(ctx) != nil || isStale(err) { // nothing was changed that could be lost
			_ = conn.Conn().Close(ctx)
		}
	}()
	inText := pgx.QueryResultFormats{pgx.TextFormatCode}
	rows, err := tx.Query(ctx, q.name, append([]any{inText}, args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for len(answers) < limit && rows.Next() {
		answer, err := answerOf(rows.FieldDescriptions(), rows.RawValues())
		if err != nil {
			return nil, err
		}
		answers = append(answers, answer)
	}
	rows.Close()
	return answers, rows.Err()
}
