package bolt_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// TestKilled kills a writing process again and again. What it said was written
// is there, and nothing is there by half.
func TestKilled(t *testing.T) {
	path := newPath(t)
	said := map[string]bool{}
	for round := range 12 {
		what := []string{"write", "write much"}[round%2] // more than the journal holds
		for _, id := range killAfter(t, child(t, what, path), 20+37*round) {
			said[id] = true
		}
		db, err := bolt.Open(t.Context(), path, bolt.Options{})
		if err != nil {
			t.Fatalf("opening after kill %d: %v", round, err)
		}
		if err := db.Check(t.Context()); err != nil {
			t.Errorf("after kill %d: %v", round, err)
		}
		verify(t, db, said)
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	t.Logf("%d updates over 12 kills", len(said))
}

// killAfter kills the process once it has said so much. It gives all it said.
func killAfter(t *testing.T, cmd *exec.Cmd, enough int) (said []string) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for scan := bufio.NewScanner(out); scan.Scan(); {
		if strings.HasPrefix(scan.Text(), "error") {
			t.Fatal(scan.Text())
		}
		if said = append(said, scan.Text()); len(said) == enough {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(said) < enough {
		t.Fatalf("the process ended by itself, after %d updates", len(said))
	}
	return said
}

func verify(t *testing.T, db *bolt.DB, said map[string]bool) {
	t.Helper()
	there := map[string]string{}
	err := db.View(context.Background(), func(tx store.Tx) error {
		for entry, err := range tx.Scan("", "z") {
			if err != nil {
				return err
			}
			half, id, _ := strings.Cut(entry.Key, "/")
			there[id] += half
		}
		return nil
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	for id, halves := range there {
		if halves != "onetwo" {
			t.Errorf("of the update %s only %s is there", id, halves)
		}
	}
	for id := range said {
		if there[id] == "" {
			t.Errorf("the update %s had returned, and isn't there", id)
		}
	}
}

// TestFlushFails makes the disk refuse a flush of bbolt's file, and reads in
// strace's log which one it was. Strace counts each thread's apart, so that more
// than one may fail: one processor mostly keeps to a thread, and what one round
// didn't show another does. No update fits the journal.
func TestFlushFails(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace, to fail a system call: apt-get install strace")
	}
	seen := map[string]bool{}
	for round := 0; round < 20*12 && (!seen["update unknown"] || !seen["recovered"]); round++ {
		log := filepath.Join(t.TempDir(), "log")
		fault := fmt.Sprintf("inject=fdatasync:error=EIO:when=%d", 1+round%12)
		cmd := child(t, "five that don't fit the journal", newPath(t), strace, "-f", "-qq", "-o", log, "-e", "trace=fdatasync", "-e", fault)
		cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
		got := lines(t, cmd)
		if len(got) == 0 {
			t.Skip("strace may not trace here: allow ptrace (CAP_SYS_PTRACE)")
		}
		failed := flushes(t, log)
		if slices.Contains(failed[:min(len(failed), flushesToOpen)], true) {
			continue
		}
		if diff := cmp.Diff(outcomes(failed[flushesToOpen:]), got); diff != "" {
			t.Errorf("flushes that failed: %v; what came of it (-want +got):\n%s", failed, diff)
		}
		for i, line := range got {
			seen[line] = true
			seen["recovered"] = seen["recovered"] || i > 0 && line == "update done" && got[i-1] == "update failed"
		}
	}
	if !seen["update unknown"] || !seen["recovered"] {
		t.Errorf("not every kind of flush was made to fail: %v", seen)
	}
}

// flushesToOpen are those of a new file: its first pages, the commit of its
// buckets, and the journal's room.
const flushesToOpen = 4

// TestFlushOfTheJournalFails makes the disk refuse the flush of a record.
func TestFlushOfTheJournalFails(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace, to fail a system call: apt-get install strace")
	}
	unknown := 0
	for nth := 1; nth < 12 && unknown < 2; nth++ {
		path := newPath(t)
		fault := fmt.Sprintf("inject=fdatasync:error=EIO:when=%d", nth)
		cmd := child(t, "five updates", path, strace, "-f", "-qq", "-y", "-o", filepath.Join(t.TempDir(), "log"),
			"-P", path+".journal", "-e", "trace=fdatasync", "-e", fault)
		got := lines(t, cmd)
		if len(got) == 0 {
			t.Skip("strace may not trace here: allow ptrace (CAP_SYS_PTRACE)")
		}
		failed := slices.Index(got, "update unknown")
		if failed < 0 {
			continue // the room's flush, or none
		}
		unknown++
		want := append(slices.Repeat([]string{"update done"}, failed), "update unknown")
		want = append(append(want, slices.Repeat([]string{"update failed"}, 4-failed)...), "view failed", "close done")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("flush %d failed (-want +got):\n%s", nth, diff)
		}
		if n := count(t, open(t, path, bolt.Options{})); n < failed {
			t.Errorf("%d entries after opening again, and %d updates had returned", n, failed)
		}
	}
	if unknown == 0 {
		t.Error("no flush of a record was made to fail")
	}
}

// flushes says of each flush in the log whether it failed.
func flushes(t *testing.T, log string) (failed []bool) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "fdatasync") && strings.Contains(line, " = ") {
			failed = append(failed, strings.Contains(line, "EIO"))
		}
	}
	return failed
}

// outcomes are what the child must say: a commit flushes its data, and then the
// page that makes it count. If the second fails nothing can be relied on.
func outcomes(failed []bool) (said []string) {
	broken := false
	for range 5 {
		switch {
		case broken:
			said = append(said, "update failed")
		case failed[0]:
			said, failed = append(said, "update failed"), failed[1:]
		case failed[1]:
			said, broken = append(said, "update unknown"), true
		default:
			said, failed = append(said, "update done"), failed[2:]
		}
	}
	if broken {
		return append(said, "view failed", "close done")
	}
	return append(said, "view done", "close done")
}

// TestDiskFull runs on a disk of one mebibyte.
func TestDiskFull(t *testing.T) {
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip("needs unshare, to mount a small disk: apt-get install util-linux")
	}
	folder := t.TempDir()
	script := fmt.Sprintf(`mount -t tmpfs -o size=1m none %q && exec "$0"`, folder)
	cmd := child(t, "large updates", folder+"/understudy.db", unshare, "--user", "--map-root-user", "--mount", "sh", "-c", script)
	got := lines(t, cmd)
	if len(got) == 0 {
		t.Skip("may not mount a small disk here: allow user namespaces, or run as root")
	}
	want := []string{"update done", "update done", "update full", "update full", "update full", "view done", "close done"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what came of it (-want +got):\n%s", diff)
	}
}
