package bot

import (
	"context"
	"fmt"
)

// openHome makes the person's Home follow their cases from now on.
func (b *Bot) openHome(ctx context.Context, person string) error {
	if err := b.Ledger.OpenHome(ctx, person, b.Now()); err != nil {
		return fmt.Errorf("opening the Home of %s: %w", person, err)
	}
	return nil
}
