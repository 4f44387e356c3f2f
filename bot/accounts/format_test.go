package accounts_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/accounts"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	acme   = `{"id":"acct_42","name":"Acme","plan":"enterprise","assigned":["kim@example.com","lee@example.com"],"fields":{"region":"eu","seats":12,"vip":true}}`
	globex = `{"id":"acct_7","name":"Globex"}`
)

func TestFormatsSayTheSame(t *testing.T) {
	want := []accounts.Account{
		{
			ID: "acct_42", Name: "Acme", Plan: "enterprise", Assigned: []string{"kim@example.com", "lee@example.com"},
			Fields: map[string]any{"region": "eu", "seats": 12.0, "vip": true},
		},
		{ID: "acct_7", Name: "Globex"},
	}
	for name, text := range map[string]string{
		"list.json":    "[\n" + acme + ",\n" + globex + "\n]",
		"object.json":  `{"accounts":[` + acme + "," + globex + "]}\n",
		"lines.jsonl":  acme + "\n\n" + globex,
		"windows.json": "\ufeff[" + acme + ",\r\n" + globex + "]\r\n",
		"typed.csv":    "id,name,plan,assigned,region,seats:number,vip:flag\nacct_42,Acme,enterprise,kim@example.com; lee@example.com,eu,12,yes\nacct_7,Globex,,,,,\n",
		"windows.csv":  "\ufeffname,vip:flag,id,seats:number,region,assigned,plan\r\n\"Acme\",TRUE,acct_42,12.0,eu,kim@example.com;lee@example.com;,enterprise\r\nGlobex,,acct_7,,,,\r\n",
		"UPPER.JSONL":  globex + "\n" + acme,
	} {
		t.Run(name, func(t *testing.T) {
			directory := openText(t, name, text)
			if diff := cmp.Diff(want, search(t, directory, "", "", 100)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCSVGuessesNoType(t *testing.T) {
	directory := openText(t, "a.csv", "id,name,suspended,code,blank\na,A,no,007,\n")
	account, err := directory.Get(t.Context(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"suspended": "no", "code": "007"}
	if diff := cmp.Diff(want, account.Fields); diff != "" {
		t.Error(diff)
	}
}

// TestBadFilesNameLineAndRemedy shows what each kind of mistake is told. The
// golden file is for reading.
func TestBadFilesNameLineAndRemedy(t *testing.T) {
	var told strings.Builder
	for _, bad := range badFiles() {
		path := writeText(t, bad.name, bad.text)
		_, err := accounts.OpenFile(t.Context(), path, zerolog.Nop())
		if err == nil {
			t.Errorf("%s %.80q was taken", bad.name, bad.text)
			continue
		}
		message := strings.ReplaceAll(err.Error(), filepath.Dir(path)+"/", "")
		fmt.Fprintf(&told, "%.120q\n\t%s\n", bad.text, strings.ReplaceAll(message, "\n", "\n\t"))
	}
	golden(t, "testdata/bad.golden", told.String())
}

type badFile struct{ name, text string }

func badFiles() []badFile {
	account := func(rest string) string { return globex + "\n" + `{"id":"a","name":"A",` + rest + "}" }
	return []badFile{
		{"a.jsonl", ""},
		{"a.json", "[]"},
		{"a.csv", ""},
		{"a.csv", "id,name\n"},
		{"a.jsonl", globex + "\n" + acme + "\n" + globex},
		{"a.jsonl", `{"name":"A"}`},
		{"a.jsonl", `{"id":null,"name":"A"}`},
		{"a.jsonl", `{"id":"a"}`},
		{"a.jsonl", `{"id":"a","name":" "}`},
		{"a.jsonl", `{"id":7,"name":"A"}`},
		{"a.jsonl", `{"id":" a","name":"A"}`},
		{"a.jsonl", `{"id":"a\n","name":"A"}`},
		{"a.jsonl", `{"id":"..","name":"A"}`},
		{"a.jsonl", `{"id":"` + strings.Repeat("x", 151) + `","name":"A"}`},
		{"a.jsonl", "\n" + `{"id":"a","name":"` + "\xff" + `"}`},
		{"a.jsonl", account(`"plan":["free"]`)},
		{"a.jsonl", account(`"plan":"free","plan":"pro"`)},
		{"a.jsonl", account(`"Plan":"free"`)},
		{"a.jsonl", account(`"region":"eu"`)},
		{"a.jsonl", account(`"assigned":"kim@example.com"`)},
		{"a.jsonl", account(`"assigned":["kim"]`)},
		{"a.jsonl", account(`"assigned":["kim@example.com;lee@example.com"]`)},
		{"a.jsonl", account(`"fields":{"tags":["x"]}`)},
		{"a.jsonl", account(`"fields":{"owner":{"name":"x"}}`)},
		{"a.jsonl", account(`"fields":{"region":null}`)},
		{"a.jsonl", account(`"fields":{"seats":1e999}`)},
		{"a.jsonl", account(`"fields":{"customer_plan":"free"}`)},
		{"a.jsonl", account(`"fields":{"is_assigned":true}`)},
		{"a.jsonl", account(`"fields":{"":1}`)},
		{"a.jsonl", `{"id":"a","name":"A"} {"id":"b","name":"B"}`},
		{"a.jsonl", "{}\n{}\n{}\n{}\n{}\n{}\n{}"},
		{"a.jsonl", `{"id":"a","na`},
		{"a.json", "[\n" + globex + ",\n" + `{"id":1}` + "\n]"},
		{"a.json", "[\n" + globex + "\n" + acme + "\n]"},
		{"a.json", "[\n" + globex},
		{"a.json", globex},
		{"a.json", `{"accounts":{}}`},
		{"a.json", `{"accounts":[` + globex + `],"more":1}`},
		{"a.json", `[` + globex + `]` + "\n[]"},
		{"a.json", `"accounts"`},
		{"a.json", ""},
		{"a.csv", "id;name;plan\na;A;free\n"},
		{"a.csv", "id,name,Plan\na,A,free\n"},
		{"a.csv", "id,name,plan:number\na,A,1\n"},
		{"a.csv", "id,name,seats:int\na,A,1\n"},
		{"a.csv", "id,name,seats,seats:number\na,A,1,1\n"},
		{"a.csv", "id,name,is_assigned:flag\na,A,yes\n"},
		{"a.csv", "id,name,\na,A,1\n"},
		{"a.csv", "id,name,seats:number\na,A,1\nb,B,many\nc,C,NaN\n"},
		{"a.csv", "id,name,vip:flag\na,A,yes\nb,B,maybe\n"},
		{"a.csv", "id,name\na,A\nb,B,C\n"},
		{"a.csv", "id,name\na,\"A\nb,B\n"},
		{"a.csv", "id,name\na,A\na,B\n"},
		{"a.csv", "id,name,assigned\na,A,\"kim@example.com, lee@example.com\"\n"},
		{"a.txt", "id,name\na,A\n"},
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.json")
	_, err := accounts.Source{Where: path}.Open(t.Context(), zerolog.Nop())
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if _, err := accounts.OpenFile(t.Context(), t.TempDir(), zerolog.Nop()); err == nil {
		t.Error("a folder was taken")
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: run the test with -update if this is right\n%s", path, diff)
	}
}

func writeText(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openText(t *testing.T, name, text string) *accounts.File {
	t.Helper()
	directory, err := accounts.OpenFile(t.Context(), writeText(t, name, text), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = directory.Close() })
	return directory
}

func search(t *testing.T, directory accounts.Directory, query, email string, limit int) []accounts.Account {
	t.Helper()
	found, err := directory.Search(t.Context(), query, email, limit)
	if err != nil {
		t.Fatal(err)
	}
	return found
}
