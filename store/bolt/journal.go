package bolt

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/understudyhq/understudy/store"
)

// defaultJournal is the size in bytes of each of the journal's halves. A fold of
// a larger one costs less in all, and whoever commits meanwhile waits longer: with
// 1 MiB the slowest of 100 waited about twice as long (BenchmarkGrants).
const defaultJournal = 1 << 18

// journalPath is the journal of the store in this file.
func journalPath(path string) string { return path + ".journal" }

// journal is the file that commits go to first. Its room is written once, when
// it is made: a flush of a record then concerns its own blocks only, and no
// record of the file system.
//
// It has two halves. While the records of one are folded, the other takes what
// comes. Records follow each other within a half, from its start, and from the
// end of one to the start of the other.
type journal struct {
	file *os.File
	room int64  // the file's length
	at   int64  // where the next record goes
	end  int64  // of the half that it is in
	left uint64 // the number of the last record in the other half
	last link   // of the last record that was read
}

// openJournal opens the journal of the store, and makes it if it isn't there.
// What it has beyond the link comes back. It is nil if there is no room for it.
func openJournal(path string, have link, room int64) (*journal, *recent, error) {
	file, err := os.OpenFile(journalPath(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, err
	}
	j := &journal{file: file}
	changes, err := j.read(have)
	if err == nil {
		err = withoutRecords(path, j.last)
	}
	if err == nil {
		err = j.fill(room)
	}
	if err == nil {
		return j, changes, nil
	}
	err = errors.Join(fmt.Errorf("its journal %s: %w", file.Name(), explain(err)), file.Close())
	if errors.Is(err, store.ErrFull) && changes == nil {
		return nil, nil, os.Remove(journalPath(path)) // it has nothing; a store can do without
	}
	return nil, nil, err
}

// readJournal reads a journal that is there, for a store that isn't written to.
func readJournal(path string, have link) (*recent, error) {
	file, err := os.Open(journalPath(path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, withoutRecords(path, have)
	}
	if err != nil {
		return nil, err
	}
	j := &journal{file: file}
	changes, err := j.read(have)
	if err == nil {
		err = withoutRecords(path, j.last)
	}
	return changes, errors.Join(err, file.Close())
}

// read finds the records that follow the link, and their changes. A record that
// was being written when the machine died is no record, and nobody was told
// of it. But after it there can be none that is newer: then something that was
// committed is damaged, or the journal is another store's.
func (j *journal) read(have link) (changes *recent, err error) {
	if err := acceptableTo(j.file); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(j.file)
	if err != nil {
		return nil, err
	}
	j.room, j.last = int64(len(data)), have
	middle := j.middle()
	for _, start := range []int64{0, middle, 0} { // any of the two may be the older
		if changes, err = j.follow(data, start, changes); err != nil {
			return nil, err
		}
	}
	for at := int64(0); at < j.room; at += blockSize {
		if r, ok := readRecord(data[at:]); ok && r.number > j.last.number {
			if r.room != j.room {
				return nil, j.cutShort(r)
			}
			return nil, fmt.Errorf("%w: %s has a commit (%d) that doesn't follow the store's last (%d): restore a backup; "+
				"if the store is one, remove this journal, which isn't its own", store.ErrCorrupt, j.file.Name(), r.number, j.last.number)
		}
	}
	return changes, nil
}

// follow reads the records from the start that follow what was read so far.
func (j *journal) follow(data []byte, start int64, changes *recent) (_ *recent, err error) {
	for at := start; at < j.room; {
		r, ok := readRecord(data[at:])
		if !ok || r.number != j.last.number+1 || r.before != j.last.sum {
			break
		}
		if changes, err = r.addTo(changes); err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrCorrupt, err)
		}
		if r.room != j.room {
			return nil, j.cutShort(r)
		}
		at = min(at+int64(r.size), j.room)
		j.last, j.at, j.end, j.left = r.link, at, j.room, r.number
		if start == 0 && at <= j.middle() {
			j.end = j.middle()
		}
	}
	return changes, nil
}

func (j *journal) cutShort(r record) error {
	return fmt.Errorf("%w: %s is cut short, %d bytes of %d: restore a backup", store.ErrCorrupt, j.file.Name(), j.room, r.room)
}

// middle is where the second half begins.
func (j *journal) middle() int64 { return j.room / 2 / blockSize * blockSize }

// begin has the next record written at the start of a half. Nothing there is
// needed any more.
func (j *journal) begin(second bool) {
	j.at, j.end = 0, j.middle()
	if second {
		j.at, j.end = j.middle(), j.room
	}
}

// ample is how many bytes a group's record should have at most, so that it fits
// into a half whatever it's made of.
func (j *journal) ample() int { return int(j.middle() / 2) }

func (j *journal) inSecond() bool { return j.end == j.room }

// again begins the half anew that the journal is in: all is folded.
func (j *journal) again() { j.begin(j.inSecond()) }

// turn goes on in the other half, after this record, if all that the other half
// has is folded.
func (j *journal) turn(last, folded link) bool {
	if j.left > folded.number {
		return false
	}
	j.begin(!j.inSecond())
	j.left = last.number
	return true
}

// fill writes the journal's room, if it has none, before there is a record.
func (j *journal) fill(room int64) error {
	if j.at > 0 {
		return nil
	}
	if j.room < room {
		if _, err := j.file.WriteAt(make([]byte, room), 0); err != nil {
			return err
		}
		if err := datasync(j.file); err != nil {
			return err
		}
		j.room = room
	}
	j.begin(false)
	return nil
}

// fits says whether there is room for the record.
func (j *journal) fits(record []byte) bool { return j.at+int64(len(record)) <= j.end }

// write writes the record and flushes it. Unknown says that it may be there,
// although there is an error.
func (j *journal) write(record []byte) (unknown bool, err error) {
	if _, err := j.file.WriteAt(record, j.at); err != nil {
		return false, err // not all of it, so it is none
	}
	if err := datasync(j.file); err != nil {
		return true, err
	}
	j.at += int64(len(record))
	return false, nil
}

// remove removes a journal that has nothing which bbolt's file hasn't.
func (j *journal) remove() error {
	return errors.Join(j.file.Close(), os.Remove(j.file.Name()))
}
