package bot

import (
	"context"

	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
)

// The account's fields that cards show.
const (
	regionField = "region"
	urlField    = "url"
)

// background is what those who are asked will want to know beside the request.
// It is recorded with the case, so that the record says what they saw.
func (b *Bot) background(ctx context.Context, c approval.Case, ruling approval.Ruling) (*approval.Background, error) {
	requester, err := b.People.ByID(ctx, c.Requester.ID)
	if err != nil {
		return nil, &unanswered{"Slack", err}
	}
	before, err := b.Ledger.Before(ctx, c.Requester.ID, ruling.Account.ID, c.ID)
	if err != nil {
		return nil, err
	}
	region, _ := ruling.Facts.Fields[regionField].(string)
	address, _ := ruling.Facts.Fields[urlField].(string)
	return &approval.Background{Title: requester.Title, Photo: requester.Photo, Region: region, URL: view.SafeAddress(address), Before: &before}, nil
}
