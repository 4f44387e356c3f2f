package accounts

import (
	"encoding/binary"
	"maps"
	"slices"
)

// grams says of every three bytes which lines contain them: as a list of line
// numbers, each written as its distance from the one before.
type grams struct {
	keys  []uint32 // in order
	ends  []uint64 // of each key's list
	lists []byte
}

func gramKey(text []byte) uint32 {
	return uint32(text[0])<<16 | uint32(text[1])<<8 | uint32(text[2])
}

// growing is a list that isn't complete.
type growing struct {
	last  uint32 // the last line's number plus one
	steps []byte
}

func gramsOf(lines *column) grams {
	growings := map[uint32]*growing{}
	size := 0
	for number := range uint32(len(lines.ends)) {
		line := lines.at(number)
		for i := range len(line) - 2 {
			size += grow(growings, gramKey(line[i:]), number)
		}
	}
	g := grams{lists: make([]byte, 0, size)}
	g.keys = slices.AppendSeq(make([]uint32, 0, len(growings)), maps.Keys(growings))
	slices.Sort(g.keys)
	for _, key := range g.keys {
		g.lists = append(g.lists, growings[key].steps...)
		g.ends = append(g.ends, uint64(len(g.lists)))
	}
	return g
}

// grow appends a line to a list, unless it is its last, and returns by how
// many bytes the list grew.
func grow(growings map[uint32]*growing, key, number uint32) int {
	list, ok := growings[key]
	if !ok {
		list = &growing{}
		growings[key] = list
	}
	step := number + 1 - list.last
	if step == 0 {
		return 0
	}
	before := len(list.steps)
	list.steps = binary.AppendUvarint(list.steps, uint64(step))
	list.last = number + 1
	return len(list.steps) - before
}

// list are the lines that contain these three bytes.
func (g *grams) list(key uint32) list {
	i, found := slices.BinarySearch(g.keys, key)
	if !found {
		return list{}
	}
	return g.listAt(i)
}

func (g *grams) listAt(i int) list {
	start := uint64(0)
	if i > 0 {
		start = g.ends[i-1]
	}
	return list{steps: g.lists[start:g.ends[i]]}
}

// beginning are the lists of all three bytes that begin with one byte or two.
func (g *grams) beginning(text []byte) []list {
	low := uint32(text[0]) << 16
	high := low + 1<<16
	if len(text) > 1 {
		low |= uint32(text[1]) << 8
		high = low + 1<<8
	}
	from, _ := slices.BinarySearch(g.keys, low)
	to, _ := slices.BinarySearch(g.keys, high)
	lists := make([]list, 0, to-from)
	for i := from; i < to; i++ {
		lists = append(lists, g.listAt(i))
	}
	return lists
}

// list walks over line numbers, from low to high.
type list struct {
	steps []byte
	after uint32 // the number plus one; zero before the first
}

// next goes to the next number, if there is one.
func (l *list) next() bool {
	if len(l.steps) == 0 {
		return false
	}
	if step := l.steps[0]; step < 0x80 { // the most frequent by far
		l.after += uint32(step)
		l.steps = l.steps[1:]
		return true
	}
	step, size := binary.Uvarint(l.steps)
	l.after += uint32(step)
	l.steps = l.steps[size:]
	return true
}

func (l *list) number() uint32 { return l.after - 1 }

// reach goes to the first number that isn't below this one, if there is one.
func (l *list) reach(number uint32) bool {
	for l.after <= number {
		if !l.next() {
			return false
		}
	}
	return true
}
