//go:build unix

package accounts

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"
)

// TestDatabase asks a PostgreSQL of its own, with the examples that
// docs/directory.md tells of.
func TestDatabase(t *testing.T) {
	s := startPostgres(t)
	s.database(t, "django", content(t, "testdata/django/schema.sql"))
	s.database(t, "rails", content(t, "testdata/rails/schema.sql"))
	t.Run("Django", func(t *testing.T) { testDjango(t, s) })
	t.Run("Rails", func(t *testing.T) { testRails(t, s) })
	t.Run("typed text is never SQL", func(t *testing.T) { testInjection(t, s) })
	t.Run("values", func(t *testing.T) { testValues(t, s) })
	t.Run("queries that don't fit", func(t *testing.T) { testUnfit(t, s) })
	t.Run("logins", func(t *testing.T) { testLogins(t, s) })
	t.Run("slow", func(t *testing.T) { testSlow(t, s) })
	t.Run("a table that changes", func(t *testing.T) { testAlter(t, s) })
	t.Run("crash", func(t *testing.T) { testCrash(t, s) })
}

func content(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// reader is the directory of an example, as the user who may only read it.
func (s *pgServer) reader(t *testing.T, name, queries string) *Database {
	t.Helper()
	d, err := s.tryReader(t, name, queries)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

func (s *pgServer) tryReader(t *testing.T, name, queries string) (*Database, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "queries.sql")
	if err := os.WriteFile(file, []byte(queries), 0o600); err != nil {
		t.Fatal(err)
	}
	return OpenDatabase(t.Context(), s.url(name+"_reader", name), "", file, zerolog.New(zerolog.NewTestWriter(t)))
}

func found(t *testing.T, d Directory, query, email string, limit int) string {
	t.Helper()
	accounts, err := d.Search(t.Context(), query, email, limit)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, account := range accounts {
		name := account.Name
		if account.AssignedTo(email) {
			name += "*"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func facts(t *testing.T, d Directory, id, email string) map[string]any {
	t.Helper()
	account, err := d.Get(t.Context(), id, email)
	if err != nil {
		t.Fatal(err)
	}
	return account.Facts(email)
}

func testDjango(t *testing.T, s *pgServer) {
	d := s.reader(t, "django", content(t, "testdata/django/queries.sql"))
	for _, c := range []struct {
		query, email string
		limit        int
		want         string
	}{
		{"", "kim@example.com", 100, "Globex*, Acme, Initech, 東京ランタン 100%"},
		{"", "", 100, "Acme, Globex, Initech, 東京ランタン 100%"}, // the robot has no e-mail either
		{"", "lee@example.com", 1, "Acme"},                  // Lee isn't active
		{"", "kim@example.com", 0, ""},
		{"ACM", "kim@example.com", 100, "Acme"},
		{"7", "", 100, "Globex"},
		{"京", "", 100, "東京ランタン 100%"},
		{"%", "", 100, "東京ランタン 100%"},
		{"_", "", 100, ""},
		{"a\x00", "", 100, ""},
		{"\xff", "", 100, ""},
	} {
		if got := found(t, d, c.query, c.email, c.limit); got != c.want {
			t.Errorf("%q for %q: %s, want %s", c.query, c.email, got, c.want)
		}
	}
	for _, c := range []struct {
		id, email string
		want      map[string]any
	}{
		{"42", "kim@example.com", map[string]any{
			"customer_id": "42", "customer_name": "Acme", "customer_plan": "enterprise", "is_assigned": false,
			"region": "eu", "seats": 12.0, "credit": 1050.25, "do_not_impersonate": false,
		}},
		{"7", "KIM@example.com", map[string]any{
			"customer_id": "7", "customer_name": "Globex", "customer_plan": "pro", "is_assigned": true, "do_not_impersonate": true,
		}},
		{"8", "", map[string]any{
			"customer_id": "8", "customer_name": "Initech", "is_assigned": false, "region": "us", "seats": 3.0, "do_not_impersonate": false,
		}},
	} {
		if diff := cmp.Diff(c.want, facts(t, d, c.id, c.email)); diff != "" {
			t.Errorf("%s for %q: %s", c.id, c.email, diff)
		}
	}
	named, err := d.Named(t.Context(), "Globex can't log in, says Initech", 10)
	if err != nil || len(named) != 2 || named[0].ID != "7" || named[1].ID != "8" {
		t.Errorf("a message names %+v, %v", named, err)
	}
	if found := Examine(t.Context(), d, "42", "Kim@Example.com", 20); found.Problems() > 0 || found.Sampled != 4 {
		t.Errorf("it isn't as it should be: %+v", found)
	}
	for _, id := range []string{"1", "042", "+42", " 42", "4 2", "acct_42", "", "99999999999999999999", "42; --", "４２"} {
		if account, err := d.Get(t.Context(), id, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%q): %v, %v", id, account, err)
		}
	}
}

func testRails(t *testing.T, s *pgServer) {
	d := s.reader(t, "rails", content(t, "testdata/rails/queries.sql"))
	const acme, globex = "5f0c6a52-1f0e-4c55-9f6c-0d6f0b1a2c3d", "0b5b9a0e-53c7-4dbd-9d5b-6a1f3c2d4e5f"
	for email, want := range map[string]string{
		"kim@example.com": "Acme*, Globex",
		"lee@example.com": "Acme, Globex", // whose assignment ended
	} {
		if got := found(t, d, "", email, 100); got != want {
			t.Errorf("for %s: %s", email, got)
		}
	}
	if got := found(t, d, globex, "", 100); got != "Globex" {
		t.Errorf("by its id: %s", got)
	}
	want := map[string]any{
		"customer_id": acme, "customer_name": "Acme", "customer_plan": "enterprise", "is_assigned": true,
		"country": "de", "vip": true, "requester_role": "lead",
	}
	if diff := cmp.Diff(want, facts(t, d, acme, "Kim@example.com")); diff != "" {
		t.Error(diff)
	}
	want = map[string]any{"customer_id": globex, "customer_name": "Globex", "is_assigned": false}
	if diff := cmp.Diff(want, facts(t, d, globex, "stranger@example.com")); diff != "" {
		t.Error(diff)
	}
	for _, id := range []string{strings.ToUpper(acme), strings.ReplaceAll(acme, "-", ""), "{" + acme + "}", "acme"} {
		if _, err := d.Get(t.Context(), id, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%q): %v", id, err)
		}
	}
}

func testInjection(t *testing.T, s *pgServer) {
	d := s.reader(t, "django", content(t, "testdata/django/queries.sql"))
	for _, hostile := range []string{
		`'; DROP TABLE app_account; --`, `' OR '1'='1`, `\'; SELECT pg_sleep(60); --`, `$1`, `$2::text`, `%s`, `"`, `'`, `\`, `/*`, `--`, "\u202e", `😀`,
	} {
		if got := found(t, d, hostile, hostile, 100); got != "" {
			t.Errorf("%q found %s", hostile, got)
		}
		if _, err := d.Get(t.Context(), hostile, "kim@example.com' OR true --"); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get(%q): %v", hostile, err)
		}
	}
	if got := found(t, d, "", "", 100); got != "Acme, Globex, Initech, 東京ランタン 100%" {
		t.Errorf("then there are: %s", got)
	}
}

const (
	searchAny = "-- name: search\nSELECT '1' AS id, 'A' AS name WHERE $1::text IS NOT NULL OR $2::text IS NULL LIMIT $3\n"
	factsAny  = "-- name: facts\nSELECT '1' AS id, 'A' AS name, NULL::text AS plan, NULL::boolean AS is_assigned WHERE $1::text IS NOT NULL OR $2::text IS NULL\n"
)

// factsWith is factsAny with further columns.
func factsWith(columns string) string {
	return searchAny + strings.Replace(factsAny, " WHERE", ", "+columns+" WHERE", 1)
}

func testValues(t *testing.T, s *pgServer) {
	values := []struct {
		sql  string
		want any
	}{
		{"'x'::char(5)", "x"}, {"'x'::varchar", "x"}, {"'x'::name", "x"}, {"''", ""}, {"'Ä😀'::text", "Ä😀"}, {"NULL::integer", nil},
		{"1::smallint", 1.0}, {"9007199254740991", 9007199254740991.0}, {"0.1::real", 0.1}, {"1e30::float8", 1e30}, {"-12.50", -12.5},
		{"true", true}, {"1=2", false},
	}
	want := map[string]any{"customer_id": "1", "customer_name": "A"} // the plan and whose it is are NULL
	var columns []string
	for i, value := range values {
		name := fmt.Sprintf("v%d", i)
		columns = append(columns, value.sql+" AS "+name)
		if value.want != nil {
			want[name] = value.want
		}
	}
	if diff := cmp.Diff(want, facts(t, s.reader(t, "django", factsWith(strings.Join(columns, ", "))), "1", "kim@example.com")); diff != "" {
		t.Error(diff)
	}
	for queries, want := range map[string]string{
		factsWith("'NaN'::numeric AS v"):                     `the column "v" of account "1": "NaN" isn't a number`,
		factsWith("'-Infinity'::float8 AS v"):                "isn't a number",
		factsWith("9007199254740993 AS v"):                   "more digits than a number keeps",
		factsWith("('1' || repeat('0', 400))::numeric AS v"): "isn't a number",
		searchAny + twice(factsAny):                          "more than one row",
		searchAny + nameless(factsAny):                       "has no name",
		searchAny + strings.Replace(factsAny, "NULL::text AS plan", "(1 / (length($1) - 1))::text AS plan", 1): "failed at a value (22012)",
	} {
		t.Run(want, func(t *testing.T) {
			d, err := s.tryReader(t, "django", queries)
			if err == nil {
				defer d.Close()
				_, err = d.Get(t.Context(), "1", "")
			}
			if err == nil || errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q", queries, err, want)
			}
		})
	}
}

func twice(query string) string {
	return query + "UNION ALL SELECT '1', 'A', NULL::text, NULL::boolean"
}

func nameless(query string) string { return strings.Replace(query, "'A'", "NULL::text", 1) }

// testUnfit shows what each kind of query is told that doesn't fit. The golden
// file is for reading.
func testUnfit(t *testing.T, s *pgServer) {
	var told strings.Builder
	for _, queries := range []string{
		"", "SELECT 1", "-- name: search\n-- nothing\n" + factsAny, searchAny, searchAny + searchAny + factsAny, "-- name: find\n" + factsAny,
		strings.Replace(searchAny, "LIMIT $3", "", 1) + factsAny,
		strings.Replace(searchAny, "LIMIT $3", "OR $3 = 'x'", 1) + factsAny,
		strings.Replace(searchAny, "LIMIT $3", "LIMIT $3 OFFSET $4", 1) + factsAny,
		strings.Replace(searchAny, "$2::text", "NULL", 1) + factsAny,
		strings.Replace(searchAny, "'A' AS name", "'A'", 1) + factsAny,
		strings.Replace(searchAny, "'1' AS id", "now() AS id", 1) + factsAny,
		searchAny + strings.Replace(factsAny, "NULL::text AS plan, ", "", 1),
		searchAny + strings.Replace(factsAny, ", NULL::boolean AS is_assigned", "", 1),
		searchAny + strings.Replace(factsAny, "NULL::boolean", "'yes'", 1),
		searchAny + strings.Replace(factsAny, "NULL::text AS plan", "1 AS plan", 1),
		factsWith("now() AS created_at"), factsWith("ARRAY['x'] AS tags"), factsWith("'{}'::jsonb AS extra"), factsWith("'5f0c6a52-1f0e-4c55-9f6c-0d6f0b1a2c3d'::uuid AS owner"),
		factsWith("'x' AS region, 'y' AS region"), factsWith("true AS customer_plan"), factsWith(`1 AS " seats"`), factsWith("1"),
		searchAny + "-- name: facts\n-- of one account\nSELECT id, name, plan_name AS plan, false AS is_assigned\n  FROM app_acount\n WHERE id = $1",
		searchAny + "-- name: facts\nSELECT id, name, plan_name AS plan, false AS is_assigned\n  FROM app_account WHERE id = $1 AND $2::text = ''",
		searchAny + "-- name: facts\nSELECT FROM WHERE",
		searchAny + factsAny + ";\nDELETE FROM app_account",
		searchAny + "-- name: facts\nSELECT nothing_like_it($1, $2)",
		searchAny + strings.Replace(factsAny, "NULL::text AS plan", "(SELECT rolpassword FROM pg_authid LIMIT 1) AS plan", 1),
		searchAny + "-- name: facts\nUPDATE app_account SET plan = 'free' WHERE id::text = $1 AND $2::text = '' RETURNING id, name, plan, false AS is_assigned",
		factsWith("set_config('transaction_read_only', 'off', false) AS v"),
	} {
		d, err := s.tryReader(t, "django", queries)
		if err == nil {
			_ = d.Close()
			t.Errorf("this was taken:\n%s", queries)
			continue
		}
		fmt.Fprintf(&told, "%s\n\t%s\n\n", strings.TrimSpace(queries), strings.ReplaceAll(err.Error(), "\n", "\n\t"))
	}
	keptAs(t, "testdata/queries.golden", told.String())
	if got := facts(t, s.reader(t, "django", content(t, "testdata/django/queries.sql")), "42", "")["customer_plan"]; got != "enterprise" {
		t.Errorf("a query wrote: the plan is %v", got)
	}
}

func keptAs(t *testing.T, path, got string) {
	t.Helper()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(content(t, path), got); diff != "" {
		t.Error(diff)
	}
}

func testLogins(t *testing.T, s *pgServer) {
	queries := filepath.Join("testdata", "django", "queries.sql")
	passfile := filepath.Join(t.TempDir(), "pgpass")
	line := "*:*:django:django_reader:" + pgPassword + "\n"
	if err := os.WriteFile(passfile, []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(user, database string) string { return "postgres://" + user + "/" + database + "?host=" + s.folder }
	for name, c := range map[string]struct{ where, password, passfile, want string }{
		"the setting":        {at("django_reader@", "django"), pgPassword, "", ""},
		"PGPASSFILE":         {at("django_reader@", "django"), "", passfile, ""},
		"wrong":              {at("django_reader@", "django"), "s3cret-wrong", "", "set its password"},
		"none":               {at("django_reader@", "django"), "", "", "set its password"},
		"wrong, in the URL":  {at("django_reader:s3cret-wrong@", "django"), "", "", "set its password"},
		"twice":              {at("django_reader:s3cret-wrong@", "django"), pgPassword, "", "remove one"},
		"unknown user":       {at("nobody:s3cret-wrong@", "django"), "", "", "set its password"},
		"unknown database":   {at("django_reader@", "nowhere"), pgPassword, "", `database "nowhere" does not exist`},
		"another's database": {at("django_reader@", "rails"), pgPassword, "", "does not exist"},
		"broken URL":         {"postgres://kim:s3cret-wrong%@host/x", "", "", "can't be read"},
		"broken port":        {"postgres://kim:s3cret-wrong@host:99999/x", "", "", "the database's URL"},
		"broken mode":        {"postgres://kim:s3cret-wrong@host/x?sslmode=maybe", "", "", "sslmode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PGPASSFILE", c.passfile)
			var log bytes.Buffer
			d, err := OpenDatabase(t.Context(), c.where, c.password, queries, zerolog.New(&log))
			if d != nil {
				defer d.Close()
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if said := log.String() + fmt.Sprint(err); strings.Contains(said, "s3cret") {
				t.Errorf("a password is told: %s", said)
			}
		})
	}
}

// testSlow holds that the database itself ends a query that takes too long.
func testSlow(t *testing.T, s *pgServer) {
	d := s.reader(t, "django", factsWith("CASE WHEN $1 = 'slow' THEN pg_sleep(60)::text END AS nothing"))
	d.facts.cutAfter = 50 * time.Millisecond
	for range 2 * maxConnections {
		_, err := d.Get(t.Context(), "slow", "")
		if err == nil || !strings.Contains(err.Error(), "took longer than 50ms and was cut") {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := d.Get(t.Context(), "1", ""); err != nil {
		t.Errorf("after slow ones: %v", err)
	}
	if n := d.pool.Stat().NewConnsCount(); n > maxConnections {
		t.Errorf("%d connections were opened", n)
	}
}

// testAlter holds that connections outlive a migration, and that one that takes
// a column away is named.
func testAlter(t *testing.T, s *pgServer) {
	s.database(t, "altered", content(t, "testdata/django/schema.sql"))
	d := s.reader(t, "altered", content(t, "testdata/django/queries.sql"))
	s.run(t, "altered", "ALTER TABLE app_account ALTER seats TYPE numeric, ALTER plan TYPE text")
	if got := facts(t, d, "42", "")["seats"]; got != 12.0 {
		t.Errorf("the seats are %v", got)
	}
	s.run(t, "altered", "ALTER TABLE app_account DROP COLUMN region")
	for range 2 {
		_, err := d.Get(t.Context(), "42", "")
		if want := `queries.sql:14: the query facts: column a.region does not exist`; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	s.run(t, "altered", "ALTER TABLE app_account ADD COLUMN region text DEFAULT 'mars'")
	if got := facts(t, d, "42", "")["region"]; got != "mars" {
		t.Errorf("the region is %v", got)
	}
}

// testCrash kills the database and starts it again. A bot that starts meanwhile
// does, and asks it when it is there.
func testCrash(t *testing.T, s *pgServer) {
	d := s.reader(t, "django", content(t, "testdata/django/queries.sql"))
	facts(t, d, "42", "")
	s.kill()
	if _, err := d.Get(t.Context(), "42", ""); err == nil || !strings.Contains(err.Error(), "can't be reached") {
		t.Errorf("got %v", err)
	}
	late := s.reader(t, "django", content(t, "testdata/django/queries.sql"))
	s.start()
	for _, d := range []*Database{d, late} {
		if got := facts(t, d, "42", "")["customer_name"]; got != "Acme" {
			t.Errorf("after the restart: %v", got)
		}
	}
	s.kill()
	s.start()
	if got := found(t, d, "acme", "", 5); got != "Acme" { // on a connection that died without a word
		t.Errorf("after a restart that nobody noticed: %s", got)
	}
}

// TestFarDatabasesNeedTLS holds that nobody between can answer for the database.
func TestFarDatabasesNeedTLS(t *testing.T) {
	for where, want := range map[string]string{
		"postgres://kim@db.example.com/app":                   "verified",
		"postgres://kim@10.0.0.7:5432/app":                    "verified",
		"postgres://kim@localhost,db.example.com/app":         "verified",
		"postgresql://kim@db.example.com/app?sslmode=disable": "none",
		"postgres://kim@localhost/app?sslmode=disable":        "none",
		"postgres:///app?host=/run/postgresql":                "none",
	} {
		config, err := databaseConfig(where, "")
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if tls := config.ConnConfig.TLSConfig; tls != nil {
			got = "verified"
			if tls.InsecureSkipVerify {
				got = "unverified"
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", where, got, want)
		}
		for _, other := range config.ConnConfig.Fallbacks {
			if want == "verified" && (other.TLSConfig == nil || other.TLSConfig.InsecureSkipVerify) {
				t.Errorf("%s: %s without TLS", where, other.Host)
			}
		}
	}
}

// TestTheDocumentShowsTheExample keeps docs/directory.md's queries those that
// the tests run.
func TestTheDocumentShowsTheExample(t *testing.T) {
	if !strings.Contains(content(t, "../../docs/directory.md"), "```sql\n"+content(t, "testdata/django/queries.sql")+"```") {
		t.Error("docs/directory.md doesn't show testdata/django/queries.sql")
	}
}
