package accounts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// query is one of the two questions, in the database's words. It is prepared on
// each connection under its name.
type query struct {
	name     string
	sql      string
	place    place // where sql begins
	needs    []string
	params   []string
	cutAfter time.Duration // the database stops it then
}

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

// queries are the two questions.
type queries struct{ search, facts query }

func theQueries() queries {
	return queries{
		search: query{
			name: "search", params: []string{"$1, what was typed", "$2, the e-mail of who asks", "$3, how many rows at most"},
			needs: []string{idColumn, nameColumn}, cutAfter: 2 * time.Second,
		},
		facts: query{
			name: "facts", params: []string{"$1, the account's id", "$2, the e-mail of who asks"},
			needs: []string{idColumn, nameColumn, planColumn, assignedColumn}, cutAfter: 5 * time.Second,
		},
	}
}

func (q *queries) byName(name string) (*query, bool) {
	switch name {
	case q.search.name:
		return &q.search, true
	case q.facts.name:
		return &q.facts, true
	}
	return nil, false
}

const queryMark = "-- name:"

const wantedQueries = `write the two queries below "-- name: search" and "-- name: facts", as docs/directory.md shows`

// readQueries reads a .sql file in which a line "-- name: search" stands above
// the one query, and "-- name: facts" above the other.
func readQueries(path string) (queries, error) {
	if path == "" {
		return queries{}, fmt.Errorf("a database needs queries: name a .sql file of them in UNDERSTUDY_ACCOUNTS_QUERIES, and %s", wantedQueries)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return queries{}, fmt.Errorf("UNDERSTUDY_ACCOUNTS_QUERIES: %w", err)
	}
	return parseQueries(filepath.Base(path), string(data))
}

func parseQueries(file, text string) (queries, error) {
	read := theQueries()
	var current *query
	number := 0
	for line := range strings.Lines(text) {
		number++
		at := place{file, number}
		name, marked := strings.CutPrefix(strings.TrimSpace(line), queryMark)
		switch {
		case marked:
			var known bool
			name = strings.TrimSpace(name)
			if current, known = read.byName(name); !known {
				return queries{}, fmt.Errorf("%s: there is no query %.40q: %s", at, name, wantedQueries)
			}
			if current.place.line > 0 {
				return queries{}, fmt.Errorf("%s: the query %s is in line %d, too: remove one", at, name, current.place.line)
			}
			current.place = place{file, number + 1}
		case current != nil:
			current.sql += line
		case !isComment(line):
			return queries{}, fmt.Errorf("%s: a query without a name: %s", at, wantedQueries)
		}
	}
	for _, q := range []query{read.search, read.facts} {
		if isComment(q.sql) {
			return queries{}, fmt.Errorf("%s: the query %s is missing: %s", file, q.name, wantedQueries)
		}
	}
	return read, nil
}

// isComment says whether there is nothing but comments and space in the text.
func isComment(sql string) bool {
	for line := range strings.Lines(sql) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "--") {
			return false
		}
	}
	return true
}

// at is the place of a character of the query, counted from 1 as PostgreSQL
// does; of its beginning, if that isn't known.
func (q *query) at(character int32) place {
	before := []rune(q.sql)
	before = before[:min(max(0, int(character)-1), len(before))]
	return place{q.place.file, q.place.line + strings.Count(string(before), "\n")}
}
