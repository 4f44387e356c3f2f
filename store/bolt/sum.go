package bolt

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/understudyhq/understudy/store"
)

// The sum of all entries is kept in the bucket's sequence number, which bbolt
// writes with every commit and which nothing else uses. Each entry has a part in
// it that depends on its key and its value; a change takes the old part out and
// puts the new one in. So a check notices whatever isn't as it was written: a
// flipped bit, an entry that is gone, and a page that is whole but older than
// the others. It is no protection from somebody who means it: they can compute
// the sum as well.

// part is what an entry adds to the sum.
func part(key string, value []byte) uint64 {
	hash := sha256.New()
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(key)))
	hash.Write(length[:])
	hash.Write([]byte(key))
	hash.Write(value)
	return binary.BigEndian.Uint64(hash.Sum(nil))
}

// was is the part that the key's entry has now, zero if there is none.
func was(bucket *bbolt.Bucket, key string) uint64 {
	if value := bucket.Get([]byte(key)); value != nil {
		return part(key, value)
	}
	return 0
}

// agree says whether the entries are those that were written.
func agree(bucket *bbolt.Bucket, sum uint64) error {
	if bucket == nil || bucket.Sequence() == sum {
		return nil
	}
	return fmt.Errorf("%w: its entries aren't those that were written (their sum is %016x, and was %016x): %s", store.ErrCorrupt, sum, bucket.Sequence(), remedy)
}
