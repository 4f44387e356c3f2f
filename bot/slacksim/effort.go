package slacksim

import "strings"

// Effort is what acts cost the person who does them with a mouse. A button, a tab
// and an input that is written into cost a click each, unless the cursor is there
// already; a menu costs two, one that opens it and one that chooses. A line is sent
// with Enter, which is no click.
type Effort struct {
	Clicks int
	Words  int // typed, separated by space
}

// Effort is what all that this person did so far has cost them.
func (p *Person) Effort() Effort {
	p.ws.mu.Lock()
	defer p.ws.mu.Unlock()
	return p.m.effort
}

// Since is what it has cost since then.
func (e Effort) Since(before Effort) Effort {
	return Effort{e.Clicks - before.Clicks, e.Words - before.Words}
}

func (p *Person) spend(clicks int, typed string) {
	p.ws.mu.Lock()
	defer p.ws.mu.Unlock()
	p.m.effort.Clicks += clicks
	p.m.effort.Words += len(strings.Fields(typed))
}
