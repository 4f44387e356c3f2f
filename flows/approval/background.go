package approval

import "time"

// Background is what an approver would otherwise ask around for, as it was when
// people were asked. It is for eyes only: nothing is decided by it. What isn't
// known is empty.
type Background struct {
	Title  string `json:"title,omitempty"`  // what the requester does, by their profile
	Photo  string `json:"photo,omitempty"`  // the address of their picture
	Region string `json:"region,omitempty"` // of the account
	URL    string `json:"url,omitempty"`    // the address of a page about the account
	// Before counts what the requester asked earlier; nil if nobody counted.
	Before *Before `json:"before,omitempty"`
}

// Before counts a requester's earlier cases.
type Before struct {
	ForThis Tally `json:"for_this"` // for the same account
	Overall Tally `json:"overall"`  // for all accounts, that one included
}

// Tally counts cases. Those that are neither approved nor denied were taken
// back, timed out, refused, or still wait.
type Tally struct {
	Asked    int       `json:"asked"`
	Approved int       `json:"approved"`
	Denied   int       `json:"denied"`
	LastAt   time.Time `json:"last_at,omitzero"` // when the last one was asked
}

// Count adds a case that was asked then and has this status.
func (t *Tally) Count(status Status, at time.Time) {
	t.Asked++
	if at.After(t.LastAt) {
		t.LastAt = at
	}
	switch status {
	case Active, Ended:
		t.Approved++
	case Denied:
		t.Denied++
	case Routing, Pending, Cancelled, TimedOut, Refused:
	}
}

// Participant says whether this person asked for the case or may decide it.
func (c Case) Participant(id string) bool {
	_, decides := c.Approver(id)
	return id != "" && (decides || id == c.Requester.ID)
}
