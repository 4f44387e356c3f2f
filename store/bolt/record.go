package bolt

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// A record is one group's changes in the journal: a header, then for each key
// its length, itself, and its value's length and value; a deleted key has 0 in
// the place of the length plus one. It fills whole blocks, so that no record is
// written to where another one is kept.
//
//	0   magic
//	8   the record's number
//	16  the length of what follows the header
//	24  the length of the journal's file
//	32  the sum of the record before
//	48  the sum of this header until here and of what follows it
//	64  the changes
const (
	blockSize    = 4096
	recordHeader = 64
	sumSize      = 16
	magic        = "usjrnl01"
)

// link is a record's number and sum. A record names the sum of the one before,
// and bbolt's file the link of the last record that it has, so that a record is
// only ever added to what it followed.
type link struct {
	number uint64
	sum    [sumSize]byte
}

// encodeLink is the link as bbolt's file has it.
func (l link) encode() []byte {
	return append(binary.BigEndian.AppendUint64(nil, l.number), l.sum[:]...)
}

func decodeLink(data []byte) (l link, ok bool) {
	if len(data) != 8+sumSize {
		return l, false
	}
	l.number = binary.BigEndian.Uint64(data)
	copy(l.sum[:], data[8:])
	return l, true
}

// encodeRecord is the record of these changes that follows the link, in a
// journal of so many bytes, and its own link.
func encodeRecord(o *overlay, before link, room int64) ([]byte, link) {
	record := make([]byte, recordHeader, blockSize)
	for _, key := range o.keys() {
		c := o.changes[key]
		record = binary.AppendUvarint(record, uint64(len(key)))
		record = append(record, key...)
		if c.deleted {
			record = binary.AppendUvarint(record, 0)
			continue
		}
		record = binary.AppendUvarint(record, uint64(len(c.value))+1)
		record = append(record, c.value...)
	}
	copy(record, magic)
	binary.BigEndian.PutUint64(record[8:], before.number+1)
	binary.BigEndian.PutUint64(record[16:], uint64(len(record)-recordHeader)) //nolint:gosec // it has a header
	binary.BigEndian.PutUint64(record[24:], uint64(room))                     //nolint:gosec // a file's length
	copy(record[32:], before.sum[:])
	sum := sumOf(record)
	copy(record[48:], sum[:])
	return append(record, make([]byte, blocks(len(record))-len(record))...), link{before.number + 1, sum}
}

// blocks is the length of the whole blocks that hold so many bytes.
func blocks(bytes int) int { return (bytes + blockSize - 1) / blockSize * blockSize }

func sumOf(record []byte) (sum [sumSize]byte) {
	h := sha256.New()
	h.Write(record[:48])
	h.Write(record[recordHeader:])
	copy(sum[:], h.Sum(nil))
	return sum
}

// record is one that was read.
type record struct {
	link
	before  [sumSize]byte
	changes []byte
	size    int   // in the file
	room    int64 // of the file
}

// readRecord reads the record that begins here. It isn't ok if there is none,
// or not all of it.
func readRecord(data []byte) (r record, ok bool) {
	if len(data) < recordHeader || !bytes.HasPrefix(data, []byte(magic)) {
		return r, false
	}
	length := binary.BigEndian.Uint64(data[16:])
	if length > uint64(len(data)-recordHeader) { //nolint:gosec // it has a header
		return r, false
	}
	data = data[:recordHeader+int(length)] //nolint:gosec // it isn't longer than data
	r = record{size: blocks(len(data)), changes: data[recordHeader:]}
	r.number = binary.BigEndian.Uint64(data[8:])
	r.room = int64(binary.BigEndian.Uint64(data[24:])) //nolint:gosec // what the sum vouches for
	copy(r.before[:], data[32:])
	copy(r.sum[:], data[48:])
	return r, r.sum == sumOf(data)
}

var errRecord = errors.New("a record's changes can't be read")

// addTo is the changes of the record on top of others.
func (r record) addTo(changes *recent) (*recent, error) {
	for rest := r.changes; len(rest) > 0; {
		key, after, ok := takeBytes(rest, 0)
		if !ok || len(key) == 0 {
			return nil, errRecord
		}
		if rest = after; len(rest) > 0 && rest[0] == 0 {
			rest = rest[1:]
			changes = changes.with(string(key), change{deleted: true})
			continue
		}
		value, after, ok := takeBytes(rest, 1)
		if !ok {
			return nil, errRecord
		}
		rest = after
		changes = changes.with(string(key), change{value: clone(value, true)})
	}
	return changes, nil
}

// takeBytes takes a length, which has so much added, and so many bytes.
func takeBytes(data []byte, added uint64) (taken, rest []byte, ok bool) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length < added || length-added > uint64(len(data)-n) { //nolint:gosec // n are some of data
		return nil, nil, false
	}
	end := n + int(length-added) //nolint:gosec // it isn't longer than data
	return data[n:end], data[end:], true
}
