package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSECURITYNamesTestsThatAreThere goes over each stop of the threat model.
func TestSECURITYNamesTestsThatAreThere(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`go test \\./(\\S+) -run (\\w+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 30 || strings.Count(string(text), "`go test") != len(named) {
		t.Fatalf("%d tests are named of %d commands", len(named), strings.Count(string(text), "`go test"))
	}
	for _, one := range named {
		folder, name := one[1], one[2]
		files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(source), "func "+name+"(t *testing.T)")
		}
		if !found {
			t.Errorf("%s has no %s", folder, name)
		}
	}
}
