package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/understudyhq/understudy/store"
)

// tree reads a file's pages by itself, before bbolt follows what they say.
// bbolt believes its pages, so that a damaged one can send it in circles, or
// have it ask for more memory than there is.
type tree struct {
	file     io.ReaderAt
	pageSize int
	meta     meta
	used     []bool   // the pages that were met, by number
	buckets  []uint64 // the roots of buckets that were met
}

// The layout of pages after their header, which is their number, flags, count of
// elements, and how many pages they overflow into.
const (
	branchPage   = 0x01
	leafPage     = 0x02
	freelistPage = 0x10
	elementSize  = 16
	bucketFlag   = 0x01 // of a leaf's element: the value is a bucket
	bucketSize   = 16   // then its value begins with its root; without one its only page follows
	manyFree     = math.MaxUint16
	noFreelist   = math.MaxUint64
	highest      = 64 // no tree is higher
)

// page is a page with those that it overflows into, header included.
type page struct {
	number       uint64
	pages        uint64 // that it takes
	flags, count int
	data         []byte
}

// checkTree follows every page from the root: it is of the kind that it is
// linked as, is used once, and holds what it says. The leaves, which are nearly
// all of a large file, are read only if asked for.
func checkTree(file io.ReaderAt, pageSize int, m meta, leaves bool) error {
	t := &tree{file: file, pageSize: pageSize, meta: m, used: make([]bool, m.pages)}
	err := t.from(m.root, true)
	for i := 0; err == nil && i < len(t.buckets); i++ {
		err = t.from(t.buckets[i], leaves)
	}
	if err == nil {
		err = t.free()
	}
	if err != nil {
		return fmt.Errorf("%w: %w: %s", store.ErrCorrupt, err, remedy)
	}
	return nil
}

func (t *tree) from(root uint64, leaves bool) error {
	height, err := t.height(root)
	if err != nil {
		return err
	}
	return t.follow(root, height, leaves)
}

// height is how many branches are above each leaf: the same for all.
func (t *tree) height(number uint64) (height int, err error) {
	for ; height < highest; height++ {
		p, err := t.read(number)
		if err != nil {
			return 0, err
		}
		if p.flags != branchPage {
			return height, nil
		}
		if _, number, err = p.branch(0); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("page %d leads in circles", number)
}

func (t *tree) follow(number uint64, height int, leaves bool) error {
	if height == 0 && !leaves {
		return t.take(number, 1)
	}
	p, err := t.read(number)
	if err != nil {
		return err
	}
	if err := t.take(number, p.pages); err != nil {
		return err
	}
	switch {
	case height == 0 && p.flags == leafPage:
		return t.leaf(p)
	case height == 0 || p.flags != branchPage || p.count == 0:
		return fmt.Errorf("page %d isn't what it is linked as", number)
	}
	var last []byte
	for i := range p.count {
		key, child, err := p.branch(i)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return p.disordered()
		}
		if err := t.follow(child, height-1, leaves); err != nil {
			return err
		}
		last = key
	}
	return nil
}

// leaf checks the elements of a leaf, and notes the buckets among them.
func (t *tree) leaf(p page) error {
	var last []byte
	for i := range p.count {
		flags, key, value, err := p.leaf(i)
		if err != nil {
			return err
		}
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return p.disordered()
		}
		last = key
		switch {
		case flags == 0:
			continue
		case flags != bucketFlag || len(value) < bucketSize:
			return p.broken()
		}
		if root := binary.NativeEndian.Uint64(value); root != 0 {
			t.buckets = append(t.buckets, root)
		} else if err := t.inline(p.number, value[bucketSize:]); err != nil {
			return err
		}
	}
	return nil
}

// inline checks the only page of a small bucket, which is in the bucket's value.
func (t *tree) inline(within uint64, data []byte) error {
	if len(data) < headerSize {
		return page{number: within}.broken()
	}
	p := parsePage(within, data)
	if p.flags != leafPage {
		return p.broken()
	}
	return t.leaf(p)
}

// take notes that the tree uses this page, and those after it, once.
func (t *tree) take(number, pages uint64) error {
	if err := t.within(number, pages); err != nil {
		return err
	}
	for n := number; n < number+pages; n++ {
		if t.used[n] {
			return fmt.Errorf("page %d is used twice", n)
		}
		t.used[n] = true
	}
	return nil
}

// free checks the list of free pages: a page that is used and free would be
// overwritten.
func (t *tree) free() error {
	if t.meta.freelist == noFreelist {
		return nil
	}
	p, err := t.read(t.meta.freelist)
	if err != nil {
		return err
	}
	if err := t.take(p.number, p.pages); err != nil {
		return err
	}
	if p.flags != freelistPage {
		return p.broken()
	}
	list, count := p.data[headerSize:], p.count
	if count == manyFree { // then the list begins with its length
		if long := binary.NativeEndian.Uint64(list); long > uint64(len(list)) {
			count = len(list) // more than there is
		} else {
			count = int(long) //nolint:gosec // it fits into the page
		}
		list = list[8:]
	}
	if count > len(list)/8 {
		return p.broken()
	}
	for i := range count {
		if err := t.take(binary.NativeEndian.Uint64(list[8*i:]), 1); err != nil {
			return fmt.Errorf("the list of free pages: %w", err)
		}
	}
	return nil
}

func (t *tree) read(number uint64) (page, error) {
	if err := t.within(number, 1); err != nil {
		return page{}, err
	}
	header, err := t.bytes(number, headerSize)
	if err != nil {
		return page{}, err
	}
	pages := uint64(binary.NativeEndian.Uint32(header[12:])) + 1
	if binary.NativeEndian.Uint64(header) != number || t.within(number, pages) != nil {
		return page{}, page{number: number}.broken()
	}
	data, err := t.bytes(number, pages*uint64(t.pageSize)) //nolint:gosec // it is positive
	if err != nil {
		return page{}, err
	}
	p := parsePage(number, data)
	p.pages = pages
	return p, nil
}

func (t *tree) bytes(number, length uint64) ([]byte, error) {
	data := make([]byte, length)
	if _, err := t.file.ReadAt(data, int64(number)*int64(t.pageSize)); err != nil { //nolint:gosec // it is within the file
		return nil, fmt.Errorf("reading page %d: %w", number, err)
	}
	return data, nil
}

func (t *tree) within(number, pages uint64) error {
	if number < 2 || number >= t.meta.pages || pages > t.meta.pages-number {
		return fmt.Errorf("page %d is linked, and there are %d", number, t.meta.pages)
	}
	return nil
}

func parsePage(number uint64, data []byte) page {
	return page{number: number, flags: int(binary.NativeEndian.Uint16(data[8:])), count: int(binary.NativeEndian.Uint16(data[10:])), data: data}
}

func (p page) broken() error { return fmt.Errorf("page %d is damaged", p.number) }

func (p page) disordered() error { return fmt.Errorf("page %d has its keys out of order", p.number) }

// branch is the i-th element of a branch: where a key's page is.
func (p page) branch(i int) (key []byte, child uint64, err error) {
	element, err := p.element(i)
	if err != nil {
		return nil, 0, err
	}
	key, _, err = p.cut(element, binary.NativeEndian.Uint32(element), binary.NativeEndian.Uint32(element[4:]), 0)
	return key, binary.NativeEndian.Uint64(element[8:]), err
}

// leaf is the i-th element of a leaf.
func (p page) leaf(i int) (flags uint32, key, value []byte, err error) {
	element, err := p.element(i)
	if err != nil {
		return 0, nil, nil, err
	}
	number := func(at int) uint32 { return binary.NativeEndian.Uint32(element[at:]) }
	key, value, err = p.cut(element, number(4), number(8), number(12))
	return number(0), key, value, err
}

// element is the page from its i-th element on.
func (p page) element(i int) ([]byte, error) {
	at := headerSize + i*elementSize
	if i >= p.count || at+elementSize > len(p.data) {
		return nil, p.broken()
	}
	return p.data[at:], nil
}

// cut gives an element's key and value, which are so far behind it.
func (p page) cut(element []byte, at, key, value uint32) (k, v []byte, err error) {
	from, middle, to := uint64(at), uint64(at)+uint64(key), uint64(at)+uint64(key)+uint64(value)
	if to > uint64(len(element)) {
		return nil, nil, p.broken()
	}
	return element[from:middle], element[middle:to], nil
}
