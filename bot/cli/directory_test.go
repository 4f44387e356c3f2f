package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/flows"
)

// TestDirectoryCheckOfAService runs the verb with a wrong URL: the token
// reaches the service, and no line that is printed.
func TestDirectoryCheckOfAService(t *testing.T) {
	const token = "s3cret-token"
	asked := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.Header.Get("Authorization")] = true
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := cli.Program{Name: "understudy", Rules: []flows.Flow{flows.Impersonation}}.Run([]string{"directory", "check", "--accounts=" + server.URL, "--accounts-token-file=" + file, "--email=kim@example.com"}, &stdout, &stderr)
	if want := "it answered 404 Not Found: set the URL so that /search and /facts follow it"; code != 1 || !strings.Contains(stdout.String(), want) {
		t.Errorf("ended with %d, said\n%s%s", code, &stdout, &stderr)
	}
	if !asked["Bearer "+token] {
		t.Errorf("asked with %v", asked)
	}
	if strings.Contains(stdout.String()+stderr.String(), token) {
		t.Error("the token is told")
	}
}
