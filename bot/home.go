package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/store"
)

// openHome makes the person's Home follow their cases from now on.
func (b *Bot) openHome(ctx context.Context, person string) error {
	if err := b.Ledger.OpenHome(ctx, person, b.Now()); err != nil {
		return fmt.Errorf("opening the Home of %s: %w", person, err)
	}
	return nil
}

// browse shows another page of the person's own Home, or what matches a filter.
// Whose Home that is, is whoever clicked. What couldn't be saved isn't acked, so
// that Slack says that it failed.
func (b *Bot) browse(ctx context.Context, action slack.InteractionCallback, wanted view.Browsing) error {
	person := action.User.ID
	if err := b.Ledger.BrowseHome(ctx, person, b.Now(), func(seen *store.Browse) { turnTo(seen, wanted) }); err != nil {
		b.tellLater(ctx, action, view.NotSaved())
		return fmt.Errorf("browsing the Home of %s: %w", person, err)
	}
	return nil
}

// turnTo does what is wanted. Another filter begins at the first page.
func turnTo(seen *store.Browse, wanted view.Browsing) {
	part := store.HomePart(wanted.Part)
	switch {
	case slices.Contains(store.HomeParts(), part):
		if seen.Pages == nil {
			seen.Pages = map[store.HomePart]int{}
		}
		seen.Pages[part] = wanted.Page
		return
	case wanted.Account.ID == unavailable:
		return // the option that says why there are none
	case wanted.Account.ID != "":
		seen.Account, seen.AccountName = wanted.Account.ID, wanted.Account.Name
	case wanted.Person != "":
		seen.Person = wanted.Person
	case wanted.Unfiltered:
		seen.Account, seen.AccountName, seen.Person = "", "", ""
	}
	delete(seen.Pages, store.HomeRecent)
}
