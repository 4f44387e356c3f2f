package newflow_test

import (
	"bytes"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/cmd/understudy/newflow"
)

// TestEveryNameMakesGo has names that mean something to Go or to its tools.
func TestEveryNameMakesGo(t *testing.T) {
	for _, name := range []string{"x", "two-people", "go", "test", "my-test", "linux", "for-linux", "string", "flows", "x2"} {
		dir := filepath.Join(t.TempDir(), name)
		files, err := newflow.Write(dir, newflow.Options{Name: name, Version: "v1.2.3"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, file := range files {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(text, []byte("{{")) && file != ".github/workflows/test.yml" {
				t.Errorf("%s: %s has a hole", name, file)
			}
			if !strings.HasSuffix(file, ".go") {
				continue
			}
			if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
				t.Errorf("%s: %s isn't formatted Go: %v", name, file, err)
			}
			if parts := strings.Split(strings.TrimSuffix(file, ".go"), "_"); len(parts) > 1 && (len(parts) > 2 || parts[1] != "test") {
				t.Errorf("%s: %s may be left out of a build", name, file)
			}
		}
	}
}

func TestWhatIsNotWritten(t *testing.T) {
	full := t.TempDir()
	kept := filepath.Join(full, "main.go")
	if err := os.WriteFile(kept, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, tt := range map[string]struct {
		dir string
		o   newflow.Options
	}{
		`the name "Two People": write small letters`:         {t.TempDir(), newflow.Options{Name: "Two People"}},
		`the name "../up": write small letters`:              {t.TempDir(), newflow.Options{Name: "../up"}},
		"the name main is the program's":                     {t.TempDir(), newflow.Options{Name: "main"}},
		"isn't a path such as example.com/x":                 {t.TempDir(), newflow.Options{Name: "x", Module: "a b"}},
		"the folder " + full + " has something in it":        {full, newflow.Options{Name: "x"}},
		"not a directory":                                    {kept, newflow.Options{Name: "x"}},
		"the folder " + full + " isn't a copy of Understudy": {t.TempDir(), newflow.Options{Name: "x", Checkout: full}},
	} {
		files, err := newflow.Write(tt.dir, tt.o)
		if err == nil || !strings.Contains(err.Error(), want) || len(files) > 0 {
			t.Errorf("got %v and %d files, want %s", err, len(files), want)
		}
	}
	if text, err := os.ReadFile(kept); err != nil || string(text) != "mine" {
		t.Errorf("a file that was there is %q now, %v", text, err)
	}
}
