package view_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldensAreSlacksTypes compiles every golden against the types that Slack
// publishes for Block Kit.
func TestGoldensAreSlacksTypes(t *testing.T) {
	t.Parallel()
	modules := typePackages(t)
	dir := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	check := func(name, source string) (string, error) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		tsc := exec.CommandContext(t.Context(), filepath.Join(modules, ".bin", "tsc"), "--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", name)
		tsc.Dir = dir
		out, err := tsc.CombinedOutput()
		return string(out), err
	}
	const head = "import type { KnownBlock } from \"@slack/types\";\n"
	if out, err := check("wrong.ts", head+`export const b: KnownBlock[] = [{ type: "divide" }];`); err == nil {
		t.Fatalf("the compiler takes a block that doesn't exist: %s", out)
	}
	if out, err := check("goldens.ts", head+goldenBlocks(t)); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// goldenBlocks are the blocks of all goldens, as constants.
func goldenBlocks(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no goldens: %v", err)
	}
	var source strings.Builder
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var golden map[string]json.RawMessage
		if err := json.Unmarshal(data, &golden); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		shown := map[string]json.RawMessage{"modal": golden["blocks"]}
		for who, raw := range golden {
			var card struct{ Blocks json.RawMessage }
			if golden["blocks"] == nil && json.Unmarshal(raw, &card) == nil {
				shown[who] = card.Blocks
			}
		}
		for who, blocks := range shown {
			if len(blocks) > 0 && string(blocks) != "null" {
				fmt.Fprintf(&source, "// %s\nexport const %s%d: KnownBlock[] = %s;\n", filepath.Base(file), who, i, blocks)
			}
		}
	}
	if n := strings.Count(source.String(), "export const"); n < len(files) {
		t.Fatalf("%d goldens have blocks in %d places only", len(files), n)
	}
	return source.String()
}

// typePackages is a folder with the types and a compiler, installed once.
func typePackages(t *testing.T) (modules string) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: install Node.js (nodejs.org) to compile cards against Slack's types", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("there is no folder to keep npm packages in: set HOME (%v)", err)
	}
	dir := filepath.Join(cache, "understudy-test", "slack-types-3.2.0")
	modules = filepath.Join(dir, "node_modules")
	if _, err := os.Stat(filepath.Join(modules, ".bin", "tsc")); err == nil {
		return modules
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--prefix", dir, "--no-audit", "--no-fund", "--ignore-scripts", "@slack/types@3.2.0", "typescript@7.0.2")
	if out, err := install.CombinedOutput(); err != nil {
		t.Skipf("npm could not install Slack's types (%v); it needs a package registry:\n%s", err, out)
	}
	return modules
}
