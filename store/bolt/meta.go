package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"

	"github.com/understudyhq/understudy/store"
)

// meta is what one of a file's first two pages says: where the tree of the last
// commit begins, or that of the one before. Commits write them in turns.
type meta struct {
	root, freelist, pages, commit uint64
}

// The layout of such a page, after its header. Numbers are the machine's own.
const (
	headerSize   = 16
	metaSum      = 56 // after everything that it covers
	metaSize     = metaSum + 8
	metaRoot     = 16
	metaFreelist = 32
	metaPages    = 40
	metaCommit   = 48
)

// newest is what the newer of the first two pages says. Both must be whole.
// bbolt is content with one: if the newer is damaged it goes on from the older,
// and the last commit is lost without a word. A crash doesn't damage one: what
// counts is in the first sector of the page, which a disk writes whole or not at all.
func newest(file io.ReaderAt, pageSize int) (newer meta, err error) {
	for n := range 2 {
		m, err := readMeta(file, int64(n*pageSize))
		if err != nil {
			return newer, fmt.Errorf("%w: its page %d is damaged (%w), so that its last commit may be lost: %s", store.ErrCorrupt, n, err, remedy)
		}
		if n == 0 || m.commit > newer.commit {
			newer = m
		}
	}
	return newer, nil
}

func readMeta(file io.ReaderAt, at int64) (meta, error) {
	var data [metaSize]byte
	if _, err := file.ReadAt(data[:], at+headerSize); err != nil {
		return meta{}, err
	}
	hash := fnv.New64a()
	_, _ = hash.Write(data[:metaSum]) // it never fails
	number := func(at int) uint64 { return binary.NativeEndian.Uint64(data[at:]) }
	if number(metaSum) != hash.Sum64() {
		return meta{}, errors.New("its checksum is wrong")
	}
	return meta{number(metaRoot), number(metaFreelist), number(metaPages), number(metaCommit)}, nil
}
