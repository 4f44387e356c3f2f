package deliver

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/store"
)

// homePause is how soon after it was published a Home is published again. What
// changes meanwhile is shown together: an approver's Home follows every case of a
// busy team, and all Homes share the calls that Slack takes in a minute.
const homePause = time.Second

// homes paces each Home by itself. The zero value is ready to use; a restart
// forgets it, and then each Home may be published once too soon.
type homes struct {
	mu        sync.Mutex
	published map[store.CardID]time.Time
}

// rest says that the Home was published a moment ago, and when it may be again.
func (h *homes) rest(id store.CardID, pause time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if wait := pause - time.Since(h.published[id]); wait > 0 {
		return &tooSoon{wait: wait, unpaced: true}
	}
	return nil
}

func (h *homes) note(id store.CardID, pause time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.published == nil {
		h.published = map[store.CardID]time.Time{}
	}
	maps.DeleteFunc(h.published, func(_ store.CardID, at time.Time) bool { return time.Since(at) >= pause })
	h.published[id] = time.Now()
}

func (d *Deliverer) homePause() time.Duration { return homePause / time.Duration(max(1, d.Haste)) }

func (d *Deliverer) renderHome(ctx context.Context, id store.CardID, person string) (*content, error) {
	if err := d.homes.rest(id, d.homePause()); err != nil {
		return nil, err
	}
	groups, unsure, err := d.overseeing(ctx, id, person)
	if err != nil {
		return nil, err
	}
	found, err := d.Ledger.Home(ctx, person, groups, d.Now(), map[store.HomePart]int{
		store.HomeWaiting: view.HomeWaitingPage, store.HomeRequests: view.HomeRequestsPage, store.HomeRunning: view.HomeRunningPage,
		store.HomeOverseen: view.HomeOverseenPage, store.HomeRecent: view.HomeRecentPage,
	})
	if err != nil {
		return nil, err
	}
	contents := homeOf(person, found)
	contents.Groups, contents.Unsure = groups, unsure
	home := view.Home(contents)
	sum, err := hash(home)
	if err != nil {
		return nil, fmt.Errorf("the Home of %s: %w", person, err)
	}
	return &content{sum, func(ctx context.Context, d *Deliverer, card store.Card) (store.Card, error) {
		err := d.publishHome(ctx, card.ID, person, home)
		if err == nil {
			d.homes.note(card.ID, d.homePause())
		}
		return card, err
	}}, nil
}

// groupsTime is how long a Home waits for Slack to say who is in which group.
const groupsTime = 4 * time.Second

// overseeing are the groups that oversee flows and that the person is in, and
// from now on their Home follows those: what changes after this makes it dirty.
// While Slack doesn't say, they are none; unsure says so to whoever oversaw flows.
func (d *Deliverer) overseeing(ctx context.Context, id store.CardID, person string) (groups []string, unsure bool, err error) {
	all, err := d.Ledger.Overseers(ctx)
	if err != nil {
		return nil, false, err
	}
	card, err := d.Ledger.Card(ctx, id)
	if err != nil || d.Oversees == nil {
		return nil, false, err
	}
	if len(all) > 0 {
		asking, cancel := context.WithTimeout(ctx, groupsTime)
		defer cancel()
		if groups, err = d.Oversees(asking, person, all); err != nil {
			d.Log.Warn().Err(err).Str("person", person).Msg("looking up which flows somebody oversees")
			return nil, len(card.Groups) > 0, ctx.Err()
		}
	}
	if slices.Equal(groups, card.Groups) {
		return groups, false, nil
	}
	return groups, false, d.Ledger.Oversee(ctx, person, groups)
}

func homeOf(person string, found store.Home) view.HomeContents {
	listing := func(p store.HomePart) view.Listing { return view.Listing(found.Parts[p]) }
	return view.HomeContents{
		Person: person, Waiting: listing(store.HomeWaiting), Requests: listing(store.HomeRequests),
		Running: listing(store.HomeRunning), Overseen: listing(store.HomeOverseen), Recent: listing(store.HomeRecent),
		Filter: view.HomeFilter{
			Account: view.Option{ID: found.Browse.Account, Name: found.Browse.AccountName}, Person: found.Browse.Person,
		},
	}
}
