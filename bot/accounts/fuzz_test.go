package accounts

import (
	"bytes"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"id":"a","name":"A","plan":"free","assigned":["kim@example.com"],"fields":{"n":1,"b":true,"t":"x"}}]`))
	f.Add([]byte(`{"accounts":[{"id":"a","name":"Ä"}]}`))
	f.Add([]byte(`{"accounts":[]`))
	f.Add([]byte("[\n{},\n]"))
	fuzz(f, jsonRows)
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(`{"id":"a","name":"A"}` + "\n" + `{"id":"b","name":"B","fields":{"x":null}}`))
	f.Add([]byte("\n\n{}"))
	fuzz(f, jsonlRows)
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("id,name,plan,assigned,seats:number,vip:flag,region\na,A,free,kim@example.com;lee@example.com,1,yes,eu\n"))
	f.Add([]byte("id,name\n\"a\"\"\",\"A\nB\"\n"))
	f.Add([]byte("name;id"))
	fuzz(f, csvRows)
}

// fuzz holds that what is taken is sound: each account passes the checks, is
// found by its id and its name, and is the same when it is written and read
// again.
func fuzz(f *testing.F, parse format) {
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := load(t.Context(), "fuzz", parse, data)
		if err != nil {
			return
		}
		again, err := load(t.Context(), "again", jsonlRows, written(t, x))
		if err != nil {
			t.Fatal(err)
		}
		if again.len() != x.len() {
			t.Fatalf("%d accounts became %d", x.len(), again.len())
		}
		for number := range uint32(x.len()) {
			checkSound(t, x, again, number)
		}
	})
}

func written(t *testing.T, x *index) []byte {
	var text bytes.Buffer
	for number := range uint32(x.len()) {
		line, err := json.Marshal(mustAccount(t, x, number))
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	return text.Bytes()
}

func checkSound(t *testing.T, x, again *index, number uint32) {
	account := mustAccount(t, x, number)
	if err := check(account); err != nil {
		t.Fatal(err)
	}
	if found, ok := x.find(account.ID); !ok || found != number {
		t.Fatalf("%q isn't found by its id", account.ID)
	}
	if found := x.search(account.ID, "", 1); len(found) != 1 || found[0] != number {
		t.Fatalf("%q isn't the first found by its id", account.ID)
	}
	if folded := appendFolded(nil, account.Name); x.len() <= MaxResults && len(folded) > 0 {
		if found := x.search(account.Name, "", MaxResults); !slices.Contains(found, number) {
			t.Fatalf("%q isn't found by its name", account.Name)
		}
	}
	if diff := cmp.Diff(account, mustAccount(t, again, number)); diff != "" {
		t.Fatal(diff)
	}
}

func mustAccount(t *testing.T, x *index, number uint32) Account {
	account, err := x.account(number)
	if err != nil {
		t.Fatal(err)
	}
	return account
}

// FuzzQueries holds that whatever a file of queries says, both are there or the
// error names what is wrong, and each character has its line in the file.
func FuzzQueries(f *testing.F) {
	f.Add("-- name: search\nSELECT 1\n-- name: facts\nSELECT 2", int32(3))
	f.Add("-- about\n\n--name: x\n-- name:search\r\n\xff\n-- name: facts\n;", int32(-1))
	f.Fuzz(func(t *testing.T, text string, character int32) {
		read, err := parseQueries("q.sql", text)
		if err != nil {
			return
		}
		lines := bytes.Count([]byte(text), []byte("\n")) + 1
		for _, q := range []*query{&read.search, &read.facts} {
			if isComment(q.sql) {
				t.Fatalf("the query %s is empty", q.name)
			}
			if at := q.at(character); at.line < q.place.line || at.line > lines {
				t.Fatalf("character %d of %s is in line %d of %d, the query begins in %d", character, q.name, at.line, lines, q.place.line)
			}
		}
	})
}
