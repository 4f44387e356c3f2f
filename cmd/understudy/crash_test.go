package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// TestKilled kills the bot, as a real process, at many points: before and after
// a call to Slack takes effect, around acks, and at any other moment. Afterwards
// every request that Slack was told of has reached its people exactly once, and
// every click that Slack was told of has its outcome.
func TestKilled(t *testing.T) {
	t.Parallel()
	rounds := 3
	if os.Getenv("UNDERSTUDY_LONG") != "" {
		rounds = 60
	}
	k := newKillings(t)
	enough := func() bool { return len(k.told) >= rounds && len(k.clicked) > 0 }
	round := 0
	for ; round < rounds || !enough() && round < 10*rounds; round++ {
		k.round(round)
	}
	k.disarm()
	k.startBot()
	k.settle()
	k.stopBot()
	k.verify()
	if !enough() {
		t.Errorf("too little was tried: %d requests and %d approvals in %d rounds", len(k.told), len(k.clicked), round)
	}
}

// round has every agent ask for an account and a manager approve it, all at
// once, while the bot may die at any moment.
func (k *killings) round(round int) {
	k.disarm()
	k.startBot()
	k.arm()
	earlier := k.undecided(3)
	var all sync.WaitGroup
	for i, agent := range agents() {
		account := fmt.Sprintf("Customer %03d", round*len(agents())+i)
		manager := managers()[k.random.IntN(2)]
		all.Go(func() {
			if k.ask(agent, account) {
				k.approve(manager, account)
			}
		})
	}
	for _, account := range earlier {
		all.Go(func() { k.approve("mia", account) })
	}
	all.Wait()
}

// undecided are some accounts of earlier rounds whose requests still wait.
func (k *killings) undecided(most int) (accounts []string) {
	for account := range k.told {
		if !k.clicked[account] && len(accounts) < most {
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// ask fills in a form, and says whether the bot acked it.
func (k *killings) ask(agent, account string) bool {
	ctx, person := k.t.Context(), k.people[agent].ID
	if k.ws.Command(ctx, person, "/impersonate "+account) != nil {
		return false
	}
	form, ok := k.form(person, account)
	if !ok {
		return false
	}
	if answer, err := k.ws.SubmitView(ctx, person, form.ID, filledIn(form)); err != nil || answer == "errors" {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.told[account] = agent
	return true
}

// approve clicks on the manager's card, if it comes.
func (k *killings) approve(manager, account string) {
	person := k.people[manager].ID
	press, ok := k.button(person, account)
	if !ok || k.ws.Press(k.t.Context(), person, press) != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clicked[account] = true
}

// form waits for the form, but not for one that a dead bot can't open.
func (k *killings) form(person, account string) (found slacksim.ModalView, ok bool) {
	k.while(2*time.Second, func() bool {
		for _, m := range k.ws.Screen(person).Modals {
			if isForm(m) && strings.Contains(fmt.Sprint(m.View), account) {
				found, ok = m, true
			}
		}
		return !ok
	})
	return found, ok
}

// button waits for the card of the account, and finds its Approve.
func (k *killings) button(person, account string) (press slacksim.Press, ok bool) {
	k.while(4*time.Second, func() bool {
		for _, m := range k.messages(person, account) {
			if _, after, found := strings.Cut(string(m.Blocks), `"decide:`); found && waits(m) {
				id, _, _ := strings.Cut(after, `"`)
				press, ok = slacksim.Press{MessageTS: m.TS, BlockID: "decide:" + id, ActionID: "approve"}, true
			}
		}
		return !ok
	})
	return press, ok
}

// waits says whether a card still wants a decision.
func waits(m slacksim.Message) bool {
	return strings.Contains(string(m.Blocks), `"action_id":"approve"`)
}

// while looks again and again, for so long at most and while the bot lives.
func (k *killings) while(most time.Duration, more func() bool) {
	for deadline := time.Now().Add(most); more() && k.lives() && time.Now().Before(deadline); {
		time.Sleep(5 * time.Millisecond) // a process that is killed has no event for this
	}
}

func isForm(m slacksim.ModalView) bool { return m.View.(map[string]any)["submit"] != nil }

// filledIn is the state of the form, with the account that it preselects.
func filledIn(m slacksim.ModalView) map[string]any {
	state := map[string]any{}
	for _, v := range m.View.(map[string]any)["blocks"].([]any) {
		block := v.(map[string]any)
		element, _ := block["element"].(map[string]any)
		if element == nil {
			continue
		}
		value := map[string]any{"type": element["type"], "selected_option": element["initial_option"]}
		if element["type"] == "plain_text_input" {
			value = map[string]any{"type": element["type"], "value": "the invoice page fails"}
		}
		state[block["block_id"].(string)] = map[string]any{element["action_id"].(string): value}
	}
	return state
}

func (k *killings) messages(person, account string) []slacksim.Message {
	return slices.DeleteFunc(k.ws.Screen(person).Messages, func(m slacksim.Message) bool {
		return m.Private || !strings.Contains(m.Text, account)
	})
}

// settle waits until every card shows what the store says.
func (k *killings) settle() {
	k.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for account, agent := range k.told {
		for !k.done(account) {
			if time.Now().After(deadline) {
				k.t.Fatalf("%s: clicked %t; %s has %d messages, mia %d, ola %d", account, k.clicked[account], agent,
					len(k.messages(k.people[agent].ID, account)), len(k.messages(k.people["mia"].ID, account)), len(k.messages(k.people["ola"].ID, account)))
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// done says whether the account's request reached everybody, and shows its
// outcome everywhere if its approval was acked.
func (k *killings) done(account string) bool {
	for _, name := range managers() {
		found := k.messages(k.people[name].ID, account)
		if len(found) == 0 || k.clicked[account] && waits(found[0]) {
			return false
		}
	}
	found := k.messages(k.people[k.told[account]].ID, account)
	return len(found) == 2 || !k.clicked[account] && len(found) == 1
}

func (k *killings) verify() {
	t := k.t
	for account, agent := range k.told {
		for _, name := range append(managers(), agent) {
			most := 1
			if name == agent {
				most = 2 // their message, and the one that makes a sound
			}
			if found := len(k.messages(k.people[name].ID, account)); found > most {
				t.Errorf("%s: %s got %d messages", account, name, found)
			}
		}
	}
	t.Logf("the bot was killed %d times; Slack was told of %d requests and %d approvals", k.kills, len(k.told), len(k.clicked))
	db, err := bolt.OpenReadOnly(t.Context(), k.settings.StorePath(), bolt.Options{})
	k.must(err)
	defer db.Close()
	ledger, err := store.Open(t.Context(), db)
	k.must(err)
	report, err := ledger.Check(t.Context())
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("the store isn't sound: %v %q", err, report.Problems)
	}
	if report.Cases < len(k.told) {
		t.Errorf("the store has %d cases, and Slack was told of %d", report.Cases, len(k.told))
	}
}
