package page_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/slack-go/slack"
)

// home publishes a Home that says what the app was told, and has what the
// lender's messages and forms don't.
func (l *lender) home(ctx context.Context, user, said string) error {
	shop := slack.NewButtonBlockElement("shop", "", text("The shop")).WithURL(l.url + "/icon.svg")
	owner := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, text("Whose umbrella"), "owner")
	note := slack.NewInputBlock("note", text("A note"), nil, slack.NewPlainTextInputBlockElement(nil, "note"))
	search := slack.NewPlainTextInputBlockElement(nil, "search")
	search.DispatchActionConfig = &slack.DispatchActionConfig{TriggerActionsOn: []string{"on_character_entered"}}
	_, err := l.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: user, View: slack.HomeTabViewRequest{
		Type: slack.VTHomeTab,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewHeaderBlock(text(said)), slack.NewActionBlock("controls", shop, owner),
			note.WithDispatchAction(true), slack.NewInputBlock("search", text("Search"), nil, search).WithDispatchAction(true),
		}},
	}})
	return err
}

func told(a *slack.BlockAction) string {
	return fmt.Sprintf("told of %s: %s%s", a.ActionID, a.Value, a.SelectedUser)
}

func TestEveryControlTellsTheApp(t *testing.T) {
	th := open(t)
	b := th.browse(t, 1280, 900)
	b.press("left", "Home")
	b.see("left", "Umbrellas at home")

	// The link isn't followed: what is drawn behind another tab waits.
	b.do(chromedp.Evaluate[chromedp.Void](`addEventListener('click', (event) => { if (event.target.closest('a.button')) event.preventDefault() })`))
	b.do(chromedp.Click(`//section[@id="left"]//a[normalize-space()="The shop"]`))
	b.see("left", "told of shop:")
	link := evaluate[string](b, `(() => { const a = document.querySelector('#left a.button'); return [a.href, a.target, a.rel].join(' ') })()`)
	if want := th.url + "/icon.svg _blank noopener noreferrer"; link != want {
		t.Errorf("the button leads to %q, want %q", link, want)
	}

	b.do(chromedp.SetValue(`#left [aria-label="Whose umbrella"]`, th.mia.ID))
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('#left [aria-label="Whose umbrella"]').dispatchEvent(new Event('change'))`))
	b.see("left", "told of owner: "+th.mia.ID)

	b.write("left", "A note", "wet")
	b.see("left", "told of owner: "+th.mia.ID) // nothing yet
	b.write("left", "A note", kb.Enter)
	b.see("left", "told of note: wet")
	b.write("left", "Search", "b")
	b.see("left", "told of search: b")
}
