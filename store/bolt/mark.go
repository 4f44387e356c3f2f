package bolt

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/understudyhq/understudy/store"
)

// A mark is a small file beside the store that says how far the store had come:
// the number of a commit of bbolt's that was durable, and that of a record of the
// journal. It is what notices that commits are gone though the file is sound: a
// disk that lost the last write of a commit, a journal that was removed, or
// an old copy in the store's place.
//
// It is written after the commit's flush and without one of its own, so a commit
// costs no more time on the disk. So it is at most as far as the store, whatever
// part of it a power cut leaves: a store that is behind its mark has lost
// commits. While the machine lives, each is noticed; after a power cut, those that the
// system had written out by itself (Linux: within about 30 s), and all
// of before the last orderly end. A mark that is absent, or that can't be read
// or written, notices nothing, and is no error.
type mark struct {
	file *os.File

	mu             sync.Mutex // commits and records are noted by different goroutines
	commit, record uint64
}

// markPath is the mark of the store in this file.
func markPath(path string) string { return path + ".mark" }

const markFormat = "understudy store, durable up to commit %020d and record %020d, check %08x\n"

func markText(commit, record uint64) string {
	return fmt.Sprintf(markFormat, commit, record, crc32.ChecksumIEEE(fmt.Appendf(nil, "%d %d", commit, record)))
}

func readMark(text string) (commit, record uint64) {
	var sum uint32
	if n, err := fmt.Sscanf(text, markFormat, &commit, &record, &sum); n != 3 || err != nil || text != markText(commit, record) {
		return 0, 0
	}
	return commit, record
}

// marked is what the store's mark says, zero if it doesn't say any.
func marked(path string) (commit, record uint64) {
	text, err := os.ReadFile(markPath(path))
	if err != nil {
		return 0, 0
	}
	return readMark(string(text))
}

// vanished says that there was a store of this name, and there is none.
func vanished(path string) error {
	durable, _ := marked(path)
	if _, err := os.Lstat(path); durable == 0 || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("%w: it isn't there, and %s says that it had %d commits: %s; to begin with an empty store, remove the mark",
		store.ErrCorrupt, markPath(path), durable, remedy)
}

// behind says that the store has lost commits, by its mark.
func behind(path string, commit uint64) error {
	if durable, _ := marked(path); durable > commit {
		return fmt.Errorf("%w: it has lost its last commits: it is at commit %d, and %s says that %d was durable: %s; if you put this file here yourself, remove the mark",
			store.ErrCorrupt, commit, markPath(path), durable, remedy)
	}
	return nil
}

// withoutRecords says that the store's journal has lost records, by its mark.
func withoutRecords(path string, last link) error {
	if _, durable := marked(path); durable > last.number {
		return fmt.Errorf("%w: it has lost its last commits: its journal %s ends with record %d, and %s says that %d was durable: %s; if you put this file here yourself, remove the mark",
			store.ErrCorrupt, journalPath(path), last.number, markPath(path), durable, remedy)
	}
	return nil
}

// openMark makes the store's mark ready and says so much in it.
func openMark(path string, commit, record uint64) *mark {
	file, err := os.OpenFile(markPath(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil
	}
	m := &mark{file: file, commit: commit, record: record}
	m.write()
	_ = file.Truncate(int64(len(markText(commit, record)))) // what was longer was no mark
	return m
}

// note says that this commit of bbolt's is durable.
func (m *mark) note(commit uint64) {
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.commit = commit
		m.write()
	}
}

// noteRecord says that this record is durable.
func (m *mark) noteRecord(number uint64) {
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.record = number
		m.write()
	}
}

func (m *mark) write() {
	_, _ = io.WriteString(io.NewOffsetWriter(m.file, 0), markText(m.commit, m.record)) // what it says otherwise is older, and as true
}

func (m *mark) close() {
	if m != nil {
		_ = errors.Join(m.file.Sync(), m.file.Close()) // as above
	}
}
