package people_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pagerDutyDocument unpacks PagerDuty's OpenAPI document and returns its path.
// The document isn't part of this repository, because it has no licence.
func pagerDutyDocument(t *testing.T) string {
	t.Helper()
	if os.Getenv("UNDERSTUDY_LONG") != "1" {
		t.Skip("set UNDERSTUDY_LONG=1 to check calls against PagerDuty's API document")
	}
	packed, err := os.Open(filepath.Join(contracts(t), "pagerduty-openapi.json.gz"))
	if err != nil {
		t.Skipf("PagerDuty's API document isn't there (%v): set UNDERSTUDY_CONTRACTS to the folder that has pagerduty-openapi.json.gz", err)
	}
	defer packed.Close()
	unpacked, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "pagerduty.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// contracts is the folder of other people's documents: UNDERSTUDY_CONTRACTS, or
// shared/contracts beside this module.
func contracts(t *testing.T) string {
	t.Helper()
	if folder := os.Getenv("UNDERSTUDY_CONTRACTS"); folder != "" {
		return folder
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(root), "shared", "contracts")
		}
		root = filepath.Dir(root)
	}
}

// prismProgram installs Prism into the user's cache, once, and returns its path.
func prismProgram(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("Prism has no place to be installed: %v; set HOME", err)
	}
	folder := filepath.Join(cache, "understudy", "prism-5")
	program := filepath.Join(folder, "node_modules", ".bin", "prism")
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("Prism needs Node.js: install node and npm")
	}
	if _, err := os.Stat(program); err == nil {
		return program
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", folder, "@stoplight/prism-cli@5")
	if said, err := install.CombinedOutput(); err != nil {
		t.Skipf("Prism can't be installed (%v): run npm install --prefix %s @stoplight/prism-cli@5; npm said: %s", err, folder, said)
	}
	return program
}

// startPrism runs Prism as a proxy before a server and returns its address. It
// ends with the test.
func startPrism(t *testing.T, program, document, server string) string {
	t.Helper()
	port := freePort(t)
	ctx, stop := context.WithCancel(context.Background())
	proxy := exec.CommandContext(ctx, program, "proxy", "-h", "127.0.0.1", "-p", port, document, server)
	said, err := proxy.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	t.Cleanup(func() {
		stop()
		<-drained
		_ = proxy.Wait() // it was killed, and says so
	})
	listening := make(chan bool, 1)
	go func() {
		defer close(drained)
		defer close(listening)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if strings.Contains(lines.Text(), "Prism is listening") {
				listening <- true
			}
		}
	}()
	select {
	case ok := <-listening:
		if !ok {
			t.Fatal("Prism ended before it listened")
		}
	case <-time.After(time.Minute):
		t.Fatal("Prism didn't listen within a minute")
	}
	return "http://127.0.0.1:" + port
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
