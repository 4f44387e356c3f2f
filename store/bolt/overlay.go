package bolt

import "slices"

// overlay is what a transaction has written so far, on top of what it began
// with. Get and put are a map's; keys are sorted only when somebody scans.
type overlay struct {
	changes map[string]change
	sorted  []string
	fresh   []string // keys that aren't in sorted yet
	size    int      // of all that was put, in bytes
}

// change is what became of a key: a value, or deleted.
type change struct {
	value   []byte
	deleted bool
	gone    bool // deleted, and bbolt's file never had it
}

func (o *overlay) empty() bool { return o == nil || len(o.changes) == 0 }

func (o *overlay) get(key string) (change, bool) {
	if o == nil {
		return change{}, false
	}
	c, ok := o.changes[key]
	return c, ok
}

func (o *overlay) put(key string, c change) {
	if o.changes == nil {
		o.changes = map[string]change{}
	}
	if _, known := o.changes[key]; !known {
		o.fresh = append(o.fresh, key)
	}
	o.changes[key] = c
	o.size += len(key) + len(c.value)
}

// from is the first changed key that isn't before this one.
func (o *overlay) from(key string) (string, bool) {
	if o.empty() {
		return "", false
	}
	keys := o.keys()
	i, _ := slices.BinarySearch(keys, key)
	if i == len(keys) {
		return "", false
	}
	return keys[i], true
}

// keys are the changed keys in order.
func (o *overlay) keys() []string {
	switch len(o.fresh) {
	case 0:
	case 1: // a scan that writes as it goes
		i, _ := slices.BinarySearch(o.sorted, o.fresh[0])
		o.sorted = slices.Insert(o.sorted, i, o.fresh[0])
	default:
		o.sorted = append(o.sorted, o.fresh...)
		slices.Sort(o.sorted)
	}
	o.fresh = o.fresh[:0]
	return o.sorted
}
