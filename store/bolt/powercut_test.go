package bolt_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// TestPowerCut records what a process writes to its store, cuts the power at many
// points, and builds the files that a disk may have then: all that was flushed,
// and of the rest any part, in sectors. Each opens, is sound, has every update that
// had returned, and none by half. What is written is seen by strace, because the
// engine's file can't be another. Without UNDERSTUDY_LONG a third of the steps is tried.
func TestPowerCut(t *testing.T) {
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("needs strace, to see what is written: apt-get install strace")
	}
	path, log := newPath(t), filepath.Join(t.TempDir(), "log")
	cmd := child(t, "sixty updates", path, strace, "-f", "-qq", "-xx", "-y", "-s", "100000000", "-o", log,
		"-e", "trace=write,pwrite64,fdatasync,fsync,ftruncate")
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1") // or the log interleaves more than it must
	if said := lines(t, cmd); len(said) == 0 {
		t.Skip("strace may not trace here: allow ptrace (CAP_SYS_PTRACE)")
	}
	d := readLog(t, log, path)
	if len(d.updates()) != powerUpdates {
		t.Fatalf("the log has %d updates of %d", len(d.updates()), powerUpdates)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d steps", seed, len(d))
	random, tries, stride := rand.New(rand.NewPCG(seed, 0)), 1, 3
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		tries, stride = 3, 1
	}
	cuts := 0
	for at := d.opened(); at <= len(d); at += stride {
		for range tries {
			cuts++
			if d.afterCut(t, at, path, random); t.Failed() {
				t.Fatalf("seed %d, the power was cut after step %d of %d", seed, at, len(d))
			}
		}
	}
	t.Logf("seed %d: %d cuts over %d steps", seed, cuts, len(d))
}

const powerUpdates = 60

// childPower updates, and says which updates have returned. It says so in one
// call of the system, in whose order the parent believes.
func childPower(path string) {
	db, err := bolt.Open(context.Background(), path, bolt.Options{JournalSize: smallJournal})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println("opened")
	for n := range powerUpdates {
		err := db.Update(context.Background(), func(tx store.Tx) error {
			if err := both(strconv.Itoa(n))(tx); err != nil {
				return err
			}
			// Entries that come and go move pages to the list of free ones and back.
			if err := tx.Put(fmt.Sprint("~/", n), make([]byte, 300*(n%20))); err != nil {
				return err
			}
			return tx.Delete(fmt.Sprint("~/", n-7))
		})
		if err != nil {
			fmt.Println("error", err)
			return
		}
		fmt.Println("done", n)
	}
}

// disk is what happened to the store's file, to its journal and to its mark, in order.
type disk []step

type step struct {
	kind string // write, size, begin, flushed, said
	file string // the end of its name: empty for the store's own
	at   int64  // for size: the new one
	data []byte // for said: the line
}

var (
	startedCall = regexp.MustCompile(`^(\d+) +(\w+)\((\d+)<([^>]*)>(.*)$`)
	resumedCall = regexp.MustCompile(`^(\d+) +<\.\.\. (fdatasync|fsync) resumed>.* = 0$`)
	writtenData = regexp.MustCompile(`^, "((?:\\x[0-9a-f]{2})*)", \d+(?:, (\d+))?`)
)

// readLog reads strace's log. A flush covers what was written before it began,
// and counts once it has ended.
func readLog(t *testing.T, log, path string) (d disk) {
	t.Helper()
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	flushing := map[string]string{} // by thread: a fold runs beside the commits
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if resumed := resumedCall.FindStringSubmatch(line); resumed != nil {
			d = append(d, step{kind: "flushed", file: flushing[resumed[1]]})
			continue
		}
		call := startedCall.FindStringSubmatch(line)
		if call == nil {
			continue
		}
		thread, name, fd, file, rest := call[1], call[2], call[3], unescape(t, call[4]), call[5]
		ending, ours := strings.CutPrefix(file, path)
		if !ours && fd != "1" {
			continue
		}
		s := step{file: ending}
		data := writtenData.FindStringSubmatch(rest)
		switch {
		case name == "write" && fd == "1" && data != nil:
			s.kind, s.data = "said", []byte(unescape(t, data[1]))
		case name == "pwrite64" && data != nil:
			s.kind, s.data = "write", []byte(unescape(t, data[1]))
			s.at, _ = strconv.ParseInt(data[2], 10, 64)
		case name == "ftruncate" && ending != ".mark":
			s.kind = "size"
			s.at, _ = strconv.ParseInt(strings.TrimRight(strings.Fields(strings.TrimPrefix(rest, ", "))[0], ")"), 10, 64)
		case strings.HasSuffix(name, "sync") && ending != ".mark":
			flushing[thread] = ending
			d = append(d, step{kind: "begin", file: ending})
			if !strings.HasSuffix(rest, " = 0") {
				continue // it ends at a later line
			}
			s.kind = "flushed"
		default:
			continue
		}
		d = append(d, s)
	}
	return d
}

// unescape reads text as strace -xx writes it.
func unescape(t *testing.T, text string) string {
	if !strings.HasPrefix(text, `\x`) {
		return text
	}
	out := make([]byte, 0, len(text)/4)
	for i := 0; i+4 <= len(text); i += 4 {
		b, err := strconv.ParseUint(text[i+2:i+4], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, byte(b))
	}
	return string(out)
}

// updates are those that had returned by the end of these steps.
func (d disk) updates() map[string]bool {
	done := map[string]bool{}
	for _, s := range d {
		if id, ok := strings.CutPrefix(strings.TrimSpace(string(s.data)), "done "); ok && s.kind == "said" {
			done[id] = true
		}
	}
	return done
}

// opened is the number of steps until the store was open.
func (d disk) opened() int {
	for i, s := range d {
		if s.kind == "said" && strings.HasPrefix(string(s.data), "opened") {
			return i + 1
		}
	}
	return len(d)
}

// afterCut makes the files that a cut after so many steps may leave, and looks
// at the store in them.
func (d disk) afterCut(t *testing.T, at int, path string, random *rand.Rand) {
	t.Helper()
	for name, content := range map[string][]byte{
		path: d[:at].remains("", random), path + ".journal": d[:at].remains(".journal", random), path + ".mark": d[:at].mark(random),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := bolt.Open(t.Context(), path, bolt.Options{LockTimeout: -1, JournalSize: smallJournal})
	if err != nil {
		counts := map[string]int{}
		for _, s := range d[:at] {
			counts[s.kind]++
		}
		t.Fatalf("after step %d, of %v: %v", at, counts, err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
	verify(t, db, d[:at].updates())
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// mark is what may be on the disk of the mark: it is never flushed, so any of its versions.
func (d disk) mark(random *rand.Rand) []byte {
	marks := [][]byte{nil}
	for _, s := range d {
		if s.file == ".mark" && s.kind == "write" {
			marks = append(marks, s.data)
		}
	}
	return marks[random.IntN(len(marks))]
}

// remains is what is on the disk of a file: what was flushed, and of what was
// written since its last flush a part.
func (d disk) remains(name string, random *rand.Rand) (file []byte) {
	safe, begun := 0, 0
	for i, s := range d {
		switch {
		case s.file != name:
		case s.kind == "begin":
			begun = i
		case s.kind == "flushed":
			safe = begun
		}
	}
	most := random.IntN(3) // of the rest: none of it, some sectors, all
	for i, s := range d {
		switch {
		case s.file != name:
		case s.kind == "size" && (i < safe || random.IntN(3) < most):
			file = resize(file, int(s.at))
		case s.kind == "write" && i < safe:
			file = s.apply(file, func() bool { return true })
		case s.kind == "write":
			file = s.apply(file, func() bool { return most == 2 || most == 1 && random.IntN(2) == 0 })
		}
	}
	return file
}

func resize(file []byte, size int) []byte {
	if size <= len(file) {
		return file[:size]
	}
	return append(file, make([]byte, size-len(file))...)
}

// apply writes those sectors that reach the disk.
func (s step) apply(file []byte, reaches func() bool) []byte {
	for from := 0; from < len(s.data); from += sector {
		if part := s.data[from:min(from+sector, len(s.data))]; reaches() {
			end := int(s.at) + from + len(part)
			file = resize(file, max(len(file), end))
			copy(file[end-len(part):end], bytes.Clone(part))
		}
	}
	return file
}
