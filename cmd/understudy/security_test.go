package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shown = regexp.MustCompile("`go test (\\./[a-z0-9/]+) -run (Test[A-Za-z0-9]+)`")

// TestSECURITYNamesTestsThatAreThere: each stop is shown by a test of the package
// that it names, and no command there is of another form.
func TestSECURITYNamesTestsThatAreThere(t *testing.T) {
	text := read(t, "../../SECURITY.md")
	all := shown.FindAllStringSubmatch(text, -1)
	if len(all) == 0 || len(all) != strings.Count(text, "go test ") {
		t.Errorf("SECURITY.md has %d commands, of which %d name a package and a test", strings.Count(text, "go test "), len(all))
	}
	known := map[string]map[string]bool{}
	for _, one := range all {
		if known[one[1]] == nil {
			known[one[1]] = tests(t, filepath.Join("../..", one[1]))
		}
		if !known[one[1]][one[2]] {
			t.Errorf("%s has no %s, which SECURITY.md names", one[1], one[2])
		}
	}
}

// tests are the names of a package's tests.
func tests(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, file.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}
