package page

import "time"

// Deed is one thing that the app did, or that happened to it, in words that
// need no knowledge of it. Whoever tells them leaves secrets out.
type Deed struct {
	At    time.Time `json:"at"`
	Kind  DeedKind  `json:"kind"`
	About string    `json:"about,omitzero"` // deeds with the same belong together
	Text  string    `json:"text"`
	Exact string    `json:"exact,omitzero"` // its name where one would look it up, such as chat.update
	Wrong bool      `json:"wrong,omitzero"`
}

// DeedKind says where a deed was done.
type DeedKind string

// The kinds of deeds.
const (
	Recorded  DeedKind = "record" // it is in the app's own records
	Called    DeedKind = "call"   // it went to the workspace
	Backstage DeedKind = "stage"  // it happened behind the scenes
)

// DeedsShown is how many deeds the page takes; the oldest are left out.
const DeedsShown = 200

// latest are the deeds that the page draws.
func latest(all []Deed) []Deed { return all[max(0, len(all)-DeedsShown):] }
