package view

import (
	"fmt"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/flows/approval"
)

// HomeContents is what one person's Home tab shows.
type HomeContents struct {
	Person string // the reader's id
	// Waiting are the cases that this person may decide, Requests those of their
	// own that aren't over, Running others' whose grant they may revoke, Recent
	// those that are over.
	Waiting, Requests, Running, Recent Listing
	// Overseen are others' that aren't over, of flows that Groups oversee. Those
	// are the user groups that this person is in.
	Overseen Listing
	Groups   []string
	// Unsure says that they oversaw flows, and Slack doesn't say whether they do now.
	Unsure bool
	Filter HomeFilter
}

// Listing is one page of the cases of a part of the Home.
type Listing struct {
	Cases []approval.Case
	Page  int  // from zero
	Pages int  // how many there are
	Total int  // cases on all pages
	More  bool // there are further ones, which weren't counted
}

// HomeFilter is what the recent cases are filtered by: an account, a person,
// both or neither.
type HomeFilter struct {
	Account Option // none if its ID is empty
	Person  string // an id, empty for everybody
}

func (f HomeFilter) set() bool { return f.Account.ID != "" || f.Person != "" }

// How many cases a page of each part has. With 3 blocks a case that waits, 2 for
// one that runs or was asked for and 1 for a recent one, a title and turning for
// each part, and 2 for the rest, that makes at most 24+16+16+12+15+10+2 = 95 blocks
// of Slack's 100. TestTheWorstHomeFits counts them, and the bytes.
const (
	HomeWaitingPage  = 8
	HomeRequestsPage = 8
	HomeRunningPage  = 8
	HomeOverseenPage = 6
	HomeRecentPage   = 15
)

// The parts of a Home, as turning their pages names them.
const (
	PartWaiting  = "waiting"
	PartRequests = "requests"
	PartRunning  = "running"
	PartOverseen = "overseen"
	PartRecent   = "recent"
)

// Home is a person's Home tab.
func Home(h HomeContents) slack.HomeTabViewRequest {
	var blocks []slack.Block
	blocks = append(blocks, slack.NewActionBlock("ask", button(ActionAsk, "ask", Title, slack.StylePrimary)))
	blocks = append(blocks, header(partTitle("Waiting for you", h.Waiting, HomeWaitingPage)))
	if h.Waiting.empty() {
		blocks = append(blocks, paragraph(text("Nothing waits for your decision.")))
	}
	blocks = append(blocks, h.listed(PartWaiting, h.Waiting, HomeWaitingPage, waitingBlocks)...)
	blocks = append(blocks, h.requests()...)
	if !h.Running.empty() {
		blocks = append(blocks, header(partTitle("Running now", h.Running, HomeRunningPage)))
		blocks = append(blocks, h.listed(PartRunning, h.Running, HomeRunningPage, runningBlocks)...)
	}
	blocks = append(blocks, h.overseen()...)
	blocks = append(blocks, h.recent()...)
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

func (h HomeContents) requests() []slack.Block {
	if h.Requests.empty() {
		return []slack.Block{paragraph(text("You have no open requests. To sign in as a customer, use the button above or type " + Command + "."))}
	}
	blocks := []slack.Block{header(partTitle("Your requests", h.Requests, HomeRequestsPage))}
	return append(blocks, h.listed(PartRequests, h.Requests, HomeRequestsPage, requestBlocks)...)
}

func (h HomeContents) overseen() []slack.Block {
	const title = "In flows that you oversee"
	if h.Unsure {
		return []slack.Block{header(title), paragraph(text("Slack doesn't say now whether you still oversee any, so they aren't shown. Open this tab again in a moment."))}
	}
	if h.Overseen.empty() {
		return nil
	}
	show := func(c approval.Case, reader string) []slack.Block { return overseenBlocks(c, reader, h.Groups) }
	return append([]slack.Block{header(partTitle(title, h.Overseen, HomeOverseenPage))}, h.listed(PartOverseen, h.Overseen, HomeOverseenPage, show)...)
}

func (h HomeContents) recent() []slack.Block {
	if h.Recent.empty() && !h.Filter.set() {
		return nil
	}
	blocks := []slack.Block{header(partTitle("Recently", h.Recent, HomeRecentPage)), filter(h.Filter)}
	if h.Recent.empty() {
		return append(blocks, paragraph(text("Nothing of the last 30 days that you took part in or oversee matches this. Show all takes the filter away.")))
	}
	return append(blocks, h.listed(PartRecent, h.Recent, HomeRecentPage, recentBlocks)...)
}

func (l Listing) empty() bool { return l.Total == 0 && len(l.Cases) == 0 }

// partTitle says, where there are several pages, which cases of how many this one has.
func partTitle(title string, l Listing, size int) string {
	if l.Pages < 2 {
		return title
	}
	first, of := l.Page*size+1, "of"
	if l.More {
		of = "of more than"
	}
	return fmt.Sprintf("%s: %d to %d %s %d", title, first, min(first+size-1, l.Total), of, l.Total)
}

// listed are the cases of a part's page, and the buttons to turn it.
func (h HomeContents) listed(part string, l Listing, size int, show func(approval.Case, string) []slack.Block) (blocks []slack.Block) {
	for _, c := range l.Cases[:min(len(l.Cases), size)] {
		blocks = append(blocks, show(c, h.Person)...)
	}
	if turn := turning(part, l); turn != nil {
		blocks = append(blocks, turn)
	}
	return blocks
}
