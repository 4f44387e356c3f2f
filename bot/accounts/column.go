package accounts

import (
	"errors"
	"math"
)

// column holds one text for each account, one after the other in a single
// slice of bytes.
type column struct {
	bytes []byte
	ends  []uint32
}

var errTooLarge = errors.New("there are more than 4 GB of accounts: serve them over HTTP instead of from a file")

// at is the text of account i. It must not be changed.
func (c *column) at(i uint32) []byte {
	start := uint32(0)
	if i > 0 {
		start = c.ends[i-1]
	}
	return c.bytes[start:c.ends[i]:c.ends[i]]
}

// end ends the text that was appended to bytes.
func (c *column) end() error {
	if len(c.bytes) > math.MaxUint32 {
		return errTooLarge
	}
	c.ends = append(c.ends, uint32(len(c.bytes)))
	return nil
}

// arranged is a copy that holds the texts in this order.
func (c *column) arranged(order []uint32) column {
	copied := column{make([]byte, 0, len(c.bytes)), make([]uint32, 0, len(c.ends))}
	for _, i := range order {
		copied.bytes = append(copied.bytes, c.at(i)...)
		copied.ends = append(copied.ends, uint32(len(copied.bytes)))
	}
	return copied
}
