package bot

import (
	"context"
	"errors"

	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// miss has a case go on without somebody who can't be reached: an approver whose card
// Slack doesn't take, or the customer, whom the app doesn't ask. The same again changes
// nothing. An error is worth another try, as while the case is being routed.
func (b *Bot) miss(ctx context.Context, caseID, person, why string) error {
	_, err := b.commit(ctx, store.Change{Case: caseID, Command: approval.Miss{ID: person, Why: why}})
	rejection, rejected := errors.AsType[*approval.Rejection](err)
	if rejected && rejection.Kind != approval.NotRouted {
		return nil // the case doesn't wait for this person any more
	}
	return err
}
