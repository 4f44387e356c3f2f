package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRestore damages the store of a bot that has worked, and brings it back
// from a backup: the damage is said, the bot doesn't run on it, and afterwards
// it does.
func TestRestore(t *testing.T) {
	t.Parallel()
	k := newKillings(t)
	path := k.settings.StorePath()
	folder := filepath.Dir(path)
	backup, later := filepath.Join(folder, "backup.db"), filepath.Join(folder, "later.db")
	k.startBot()
	if !k.ask("amy", "Customer 001") {
		t.Fatal("the bot doesn't take a request")
	}
	k.says(0, "is copied", "store", "backup", backup)
	if !k.ask("bob", "Customer 002") {
		t.Fatal("the bot doesn't take a second request")
	}
	k.says(1, "a process has the store "+path+" open: stop it, then restore", "store", "restore", backup)
	k.says(1, "a process has the backup", "store", "restore", "--store=bolt:"+later, path)
	k.stopBot()
	k.says(0, "2 cases (2 open)", "store", "check")

	whole, err := os.ReadFile(path)
	k.must(err)
	cut := whole[:6*4096] // the file's end holds nothing yet
	k.must(os.WriteFile(path, cut, 0o600))
	k.says(1, "opening the store "+path+": the store is corrupt: ", "store", "check")
	k.says(1, "restore a backup with: understudy store restore BACKUP", "store", "check")
	k.says(1, "UNDERSTUDY_STORE: opening the store "+path, append([]string{"serve"}, k.flags()...)...)

	k.says(1, "nothing was replaced", "store", "restore", path)
	if there, err := os.ReadFile(path); err != nil || !bytes.Equal(there, cut) {
		t.Errorf("a restore that failed left %d bytes, %v", len(there), err)
	}
	k.says(0, "1 cases (1 open)", "store", "restore", backup)
	k.says(0, "is sound", "store", "check")
	k.kept(cut)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the restored store: %v, %v", info, err)
	}
	k.startBot()
	if !k.ask("cid", "Customer 003") {
		t.Error("the bot doesn't work on the restored store")
	}
	k.stopBot()
	k.says(0, "2 cases (2 open)", "store", "check")
	if left, err := filepath.Glob(filepath.Join(folder, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestRestoreSaysWhatIsLost restores in the place of nothing, and refuses what is
// no backup.
func TestRestoreSaysWhatIsLost(t *testing.T) {
	t.Parallel()
	k := newKillings(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	k.startBot()
	if !k.ask("amy", "Customer 001") {
		t.Fatal("the bot doesn't take a request")
	}
	k.stopBot()
	k.says(0, "is copied", "store", "backup", backup)
	k.must(os.Remove(k.settings.StorePath()))
	k.says(1, "it isn't there, and "+k.settings.StorePath()+".mark says that it had", append([]string{"serve"}, k.flags()...)...)

	said := k.says(0, "Its newest event is of "+time.Now().UTC().Format(time.DateOnly), "store", "restore", backup)
	if strings.Contains(said, "is kept as") {
		t.Errorf("kept what wasn't there: %s", said)
	}
	damaged, err := os.ReadFile(backup)
	k.must(err)
	at := bytes.Index(damaged, []byte(`"reason"`))
	if at < 0 {
		t.Fatal("the backup holds no reason")
	}
	damaged[at+1] ^= 1
	k.must(os.WriteFile(backup, damaged, 0o600))
	k.says(1, "it's the backup that is damaged, take another one: checking the store "+backup+": the store is corrupt", "store", "restore", backup)
	k.says(2, "no such file", "store", "restore", backup+".none")
	k.says(0, "is sound", "store", "check")
}

// says runs the program on the store, and holds its exit code and what it
// prints to be these.
func (k *killings) says(code int, want string, args ...string) string {
	k.t.Helper()
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--store=") }) {
		args = append(args, "--store="+k.settings.Store)
	}
	var out bytes.Buffer
	if got := program().Run(args, &out, &out); got != code || !strings.Contains(out.String(), want) || strings.Contains(out.String(), "goroutine") {
		k.t.Errorf("understudy %s ended with %d, want %d and %q:\n%s", strings.Join(args, " "), got, code, want, &out)
	}
	return out.String()
}

// flags are the settings as flags.
func (k *killings) flags() []string {
	return []string{
		"--slack-app-token=" + k.settings.SlackAppToken, "--slack-bot-token=" + k.settings.SlackBotToken, "--slack-api-url=" + k.settings.SlackAPIURL,
		"--pagerduty-token=" + k.settings.PagerdutyToken, "--pagerduty-api-url=" + k.settings.PagerdutyAPIURL,
		"--accounts=" + k.settings.Accounts, "--flows=" + k.settings.Flows, "--listen=" + k.settings.Listen,
	}
}

// kept holds that exactly this was kept of what was replaced.
func (k *killings) kept(want []byte) {
	k.t.Helper()
	files, err := filepath.Glob(k.settings.StorePath() + ".replaced-*")
	if len(files) != 1 || err != nil {
		k.t.Fatalf("kept: %v, %v", files, err)
	}
	if got, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(got, want) {
		k.t.Errorf("kept %d bytes of %d, %v", len(got), len(want), err)
	}
}
