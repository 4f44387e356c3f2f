package bolt

import (
	"hash/fnv"
	"iter"
)

// recent is what was committed and isn't in bbolt's file yet, in the order of
// its keys. It never changes: with gives another one, which shares what it can
// with this one, so that whoever reads needs no lock. It is a treap; nil is an
// empty one.
type recent struct {
	key         string
	change      change
	weight      uint32 // not less than those below
	left, right *recent
}

// with is r and this change.
func (r *recent) with(key string, c change) *recent {
	if r == nil {
		return &recent{key: key, change: c, weight: weigh(key)}
	}
	n := *r
	switch {
	case key < r.key:
		n.left = r.left.with(key, c)
		if up := n.left; up.weight > n.weight {
			n.left, up.right = up.right, &n
			return up
		}
	case key > r.key:
		n.right = r.right.with(key, c)
		if up := n.right; up.weight > n.weight {
			n.right, up.left = up.left, &n
			return up
		}
	default:
		n.change = c
	}
	return &n
}

// without is r and no change of the key.
func (r *recent) without(key string) *recent {
	if r == nil {
		return nil
	}
	n := *r
	switch {
	case key < r.key:
		n.left = r.left.without(key)
	case key > r.key:
		n.right = r.right.without(key)
	default:
		return joined(r.left, r.right)
	}
	return &n
}

// joined is both, all of whose keys are before and after each other.
func joined(before, after *recent) *recent {
	switch {
	case before == nil:
		return after
	case after == nil:
		return before
	case before.weight > after.weight:
		n := *before
		n.right = joined(before.right, after)
		return &n
	}
	n := *after
	n.left = joined(before, after.left)
	return &n
}

// weigh spreads the keys, so that a tree of n of them is about 2 log n high.
func weigh(key string) uint32 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(key)) // never an error
	x := h.Sum64()
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	return uint32(x >> 32)
}

func (r *recent) get(key string) (change, bool) {
	for r != nil {
		switch {
		case key < r.key:
			r = r.left
		case key > r.key:
			r = r.right
		default:
			return r.change, true
		}
	}
	return change{}, false
}

// from is the first key that isn't before this one.
func (r *recent) from(key string) (found string, ok bool) {
	for r != nil {
		if r.key < key {
			r = r.right
			continue
		}
		found, ok = r.key, true
		r = r.left
	}
	return found, ok
}

// all are the changes in the order of their keys.
func (r *recent) all() iter.Seq2[string, change] {
	return func(yield func(string, change) bool) { r.walk(yield) }
}

func (r *recent) walk(yield func(string, change) bool) bool {
	return r == nil || r.left.walk(yield) && yield(r.key, r.change) && r.right.walk(yield)
}
