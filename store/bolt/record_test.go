package bolt

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sampleChanges() *overlay {
	o := &overlay{}
	o.put("case/1", change{value: []byte(`{"head":"x"}`)})
	o.put("empty", change{value: []byte{}})
	o.put("queue/dirty", change{deleted: true})
	return o
}

func TestRecordKeepsChanges(t *testing.T) {
	before := link{number: 7, sum: [sumSize]byte{1, 2, 3}}
	data, l := encodeRecord(sampleChanges(), before, 1<<20)
	r, ok := readRecord(data)
	if !ok || r.link != l || l.number != 8 || r.before != before.sum || r.room != 1<<20 || len(data)%blockSize != 0 || r.size != len(data) {
		t.Fatalf("%+v, %t of %d bytes", r, ok, len(data))
	}
	changes, err := r.addTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sampleChanges().changes, maps.Collect(changes.all()), cmp.AllowUnexported(change{})); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if again, ok := decodeLink(l.encode()); !ok || again != l {
		t.Errorf("the link is %v, %t, want %v", again, ok, l)
	}
}

// FuzzReadRecord reads whatever a file may hold. What it takes as a record is
// what would be written for the same changes, or can't be read as changes.
func FuzzReadRecord(f *testing.F) {
	data, _ := encodeRecord(sampleChanges(), startLink(), 1<<20)
	f.Add(data)
	f.Add(data[:100])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, ok := readRecord(data)
		if !ok {
			r.changes = data // as if its sum were right
		}
		changes, err := r.addTo(nil)
		if err != nil {
			return
		}
		o := &overlay{changes: map[string]change{}}
		for key, c := range changes.all() {
			o.put(key, c)
		}
		if len(o.changes) != len(maps.Collect(changes.all())) {
			t.Error("a key is there twice")
		}
		written, _ := encodeRecord(o, link{}, 1)
		again, ok := readRecord(written)
		if !ok {
			t.Fatal("what was written can't be read")
		}
		if read, err := again.addTo(nil); err != nil || !cmp.Equal(maps.Collect(read.all()), o.changes, cmp.AllowUnexported(change{})) {
			t.Errorf("the changes aren't what they were: %v", err)
		}
	})
}
