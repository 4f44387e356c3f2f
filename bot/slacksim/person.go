package slacksim

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// patience is how long the driver waits for something to appear, also on a machine
// that has much else to do.
const patience = 30 * time.Second

// Person drives somebody's Slack as they would: by what is written on the
// screen. What can't be done, or doesn't appear, fails the test at once; in a
// workspace that isn't made with [ForTest] or [Driven] it panics.
type Person struct {
	ws *Workspace
	m  *member
}

// ForTest makes a workspace that listens on loopback until the test ends. A
// failed test says the seed.
func ForTest(t testing.TB, o Options) *Workspace {
	t.Helper()
	ws := Driven(t, o)
	server := httptest.NewServer(ws)
	ws.SetURL(server.URL)
	t.Cleanup(func() {
		ws.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return ws
}

// Driven makes a workspace whose people a test drives, and leaves it to the
// test to serve it. A failed test says the seed.
func Driven(t testing.TB, o Options) *Workspace {
	ws := New(o)
	ws.driver = t
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the workspace's seed was %d", ws.o.Seed)
		}
	})
	return ws
}

// test is the test that drives the person.
func (p *Person) test() testing.TB {
	if p.ws.driver == nil {
		panic("slacksim: only a test can drive people: make its workspace with ForTest, or act through the Workspace")
	}
	return p.ws.driver
}

func (p *Person) fail(format string, values ...any) {
	p.test().Helper()
	p.test().Fatalf(p.m.Name+": "+format, values...)
}

// until waits for something to be true. what and seen say what was waited for,
// and what there was instead.
func (p *Person) until(what string, seen func() string, ready func() bool) {
	p.test().Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		p.ws.mu.Lock()
		changed := p.ws.changed
		ok := ready()
		p.ws.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			p.fail("waited for %s; there is:\n%s", what, seen())
		}
	}
}

// button waits for the button of this name.
func (p *Person) button(name string, seen func() string, blocks func() []any) (block, action string) {
	p.test().Helper()
	p.until(fmt.Sprintf("the button %q", name), seen, func() (found bool) {
		block, action, found = findButton(blocks(), name)
		return found
	})
	return block, action
}

// ID is the person's id, which no test should type.
func (p *Person) ID() string { return p.m.ID }

// Name is the person's full name.
func (p *Person) Name() string { return p.m.Name }

// Types sends a line from the message box, which an open modal covers. What
// Slack says when an app doesn't answer is a notice.
func (p *Person) Types(line string) {
	p.test().Helper()
	if title, open := p.covered(); open {
		p.fail("typing %q: the modal %q is open: close it first", line, title)
	}
	p.spend(0, line)
	if err := p.ws.Command(context.Background(), p.m.ID, line); err != nil && !appFailed(err) {
		p.fail("typing %q: %v", line, err)
	}
}

// covered says which modal is on top of the person's screen, if any.
func (p *Person) covered() (title string, open bool) {
	p.ws.mu.Lock()
	defer p.ws.mu.Unlock()
	if len(p.m.modals) == 0 {
		return "", false
	}
	return textOf(p.m.modals[len(p.m.modals)-1].view["title"]), true
}

// OpensHome opens the app's Home tab.
func (p *Person) OpensHome() *Home {
	p.test().Helper()
	p.spend(1, "")
	if err := p.ws.OpenHome(context.Background(), p.m.ID); err != nil {
		p.fail("opening the Home: %v", err)
	}
	return &Home{p}
}

// Inbox is the conversation with the bot.
func (p *Person) Inbox() *Inbox { return &Inbox{p} }

// Notices are the sentences that only this person sees: private answers, and
// Slack's own.
func (p *Person) Notices() []string {
	p.ws.mu.Lock()
	defer p.ws.mu.Unlock()
	return p.notices()
}

func (p *Person) notices() (texts []string) {
	for _, n := range p.m.notices {
		texts = append(texts, n.Text)
	}
	for _, c := range p.ws.conversations {
		if c != p.m.im && (c.with != nil || !slices.Contains(c.members, p.m)) {
			continue
		}
		for _, msg := range c.messages {
			if msg.only == p.m {
				texts = append(texts, p.ws.readable(msg.text+"\n"+blocksText(msg.blocks)))
			}
		}
	}
	return texts
}

// WaitNotice waits for a private sentence that contains the text.
func (p *Person) WaitNotice(text string) {
	p.test().Helper()
	p.until(fmt.Sprintf("a private sentence with %q", text),
		func() string { return strings.Join(p.Notices(), "\n") },
		func() bool { return strings.Contains(strings.Join(p.notices(), "\n"), text) })
}

// Home is the app's Home tab of a person.
type Home struct{ p *Person }

// Text is all that can be read on it.
func (h *Home) Text() string {
	h.p.ws.mu.Lock()
	defer h.p.ws.mu.Unlock()
	return h.text()
}

func (h *Home) text() string { return h.p.ws.readable(blocksText(h.blocks())) }

func (h *Home) blocks() []any {
	var view map[string]any
	if err := unmarshal(h.p.m.home, &view); err != nil {
		return nil
	}
	blocks, _ := view["blocks"].([]any)
	return blocks
}

// WaitText waits until the Home shows the text.
func (h *Home) WaitText(text string) *Home {
	h.p.test().Helper()
	h.p.until(fmt.Sprintf("%q on the Home", text), h.Text, func() bool { return strings.Contains(h.text(), text) })
	return h
}

// Buttons are what can be clicked, in order.
func (h *Home) Buttons() []string {
	h.p.ws.mu.Lock()
	defer h.p.ws.mu.Unlock()
	return buttonTexts(h.blocks())
}

// Click waits for a button of this name, and clicks the first.
func (h *Home) Click(button string) {
	h.p.test().Helper()
	block, action := h.p.button(button, h.Text, h.blocks)
	h.p.press(Press{Home: true, BlockID: block, ActionID: action})
}

func (p *Person) press(press Press) {
	p.test().Helper()
	p.spend(1, "")
	if press.Option != nil {
		p.spend(1, "") // to open the menu
	}
	if err := p.ws.Press(context.Background(), p.m.ID, press); err != nil && !appFailed(err) {
		p.fail("clicking: %v", err)
	}
}
