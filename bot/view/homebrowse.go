package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
)

// The actions of the Home's own buttons and menus: turning a part's page, whose
// value is the part and the page, and filtering what is recent.
const (
	ActionBack       = "home_back"
	ActionMore       = "home_more"
	ActionByAccount  = "home_account"
	ActionByPerson   = "home_person"
	ActionUnfiltered = "home_unfiltered"
)

// turning are the buttons that turn a part's page; nil if there is one page only.
func turning(part string, l Listing) slack.Block {
	var buttons []slack.BlockElement
	if l.Page > 0 {
		buttons = append(buttons, button(ActionBack, pageValue(part, l.Page-1), "Previous", slack.StyleDefault))
	}
	if l.Page+1 < l.Pages {
		buttons = append(buttons, button(ActionMore, pageValue(part, l.Page+1), "Show more", slack.StyleDefault))
	}
	if buttons == nil {
		return nil
	}
	return slack.NewActionBlock("page:"+part, buttons...)
}

func pageValue(part string, page int) string { return fmt.Sprintf("%s:%d", part, page) }

// filter are the menus that filter what is recent. The block's id has the filter
// in it: Slack keeps what was chosen in menus whose ids stay the same, also when
// the filter is taken away.
func filter(f HomeFilter) slack.Block {
	account := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plain("Of a customer", maxHeader), ActionByAccount)
	atOnce := 0
	account.MinQueryLength = &atOnce
	if f.Account.ID != "" {
		if options := AccountOptions([]Option{f.Account}); len(options) == 1 {
			account.InitialOption = slack.NewOptionBlockObject(options[0].Value, options[0].Text, nil)
		}
	}
	person := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Of a person", maxHeader), ActionByPerson)
	if userID.MatchString(f.Person) {
		person.InitialUser = f.Person
	}
	elements := []slack.BlockElement{account, person}
	if f.set() {
		elements = append(elements, button(ActionUnfiltered, "all", "Show all", slack.StyleDefault))
	}
	return slack.NewActionBlock(blockID("filter", f.Person+":"+legible.Line(f.Account.ID)), elements...)
}

// Browsing is what somebody wants to see of their Home. One of Part, Account,
// Person and Unfiltered is set.
type Browsing struct {
	Part       string // whose page is turned
	Page       int    // to which
	Account    Option // to filter by
	Person     string // to filter by
	Unfiltered bool
}

// ReadBrowsing reads a click on one of the Home's own buttons and menus. It is
// false for anything else.
func ReadBrowsing(pressed *slack.BlockAction) (b Browsing, ok bool) {
	switch pressed.ActionID {
	case ActionBack, ActionMore:
		part, page, _ := strings.Cut(pressed.Value, ":")
		n, err := strconv.Atoi(page)
		return Browsing{Part: part, Page: n}, err == nil && part != ""
	case ActionByAccount:
		b.Account.ID = pressed.SelectedOption.Value
		if pressed.SelectedOption.Text != nil {
			b.Account.Name = pressed.SelectedOption.Text.Text
		}
		return b, b.Account.ID != ""
	case ActionByPerson:
		return Browsing{Person: pressed.SelectedUser}, pressed.SelectedUser != ""
	case ActionUnfiltered:
		return Browsing{Unfiltered: true}, true
	}
	return b, false
}
