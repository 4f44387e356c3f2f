package bot

import (
	"context"
	"net/url"

	"github.com/understudyhq/understudy/bot/accounts"
	"github.com/understudyhq/understudy/bot/people"
	"github.com/understudyhq/understudy/flows/approval"
)

// The account's fields that cards show.
const (
	regionField = "region"
	urlField    = "url"
)

// background is what those who are asked will want to know beside the request.
// It is recorded with the case, so that the record says what they saw.
func (b *Bot) background(ctx context.Context, c approval.Case, requester people.User, account accounts.Account) (*approval.Background, error) {
	before, err := b.Ledger.Before(ctx, c.Requester.ID, account.ID, c.ID)
	if err != nil {
		return nil, err
	}
	region, _ := account.Fields[regionField].(string)
	address, _ := account.Fields[urlField].(string)
	return &approval.Background{Title: requester.Title, Photo: requester.Photo, Region: region, URL: page(address), Before: &before}, nil
}

// page is the address of a page that people may be sent to; empty for any other.
func page(address string) string {
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return address
}
