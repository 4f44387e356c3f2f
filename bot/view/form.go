package view

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
	"github.com/understudyhq/understudy/flows/approval"
)

// The names that the form and what comes back of it have in common. They stay
// the same for ever: Slack keeps what was typed only in inputs of the same name.
const (
	CallbackAsk    = "ask"
	BlockAccount   = "account"
	BlockReason    = "reason"
	BlockDuration  = "duration"
	ActionAccount  = "account"
	ActionReason   = "reason"
	ActionDuration = "duration"
	BlockFlow      = "flow"
	ActionFlow     = "flow"
)

// The lengths of a reason, in characters after trimming.
const (
	MinReason = 3
	MaxReason = 500
)

// Form is what the modal for a new request offers.
type Form struct {
	Flow      string   // the flow that the request will be for
	Flows     []string // all that there are to choose from …
	Unlisted  bool     // … but for those that don't fit Slack's menu
	Durations []time.Duration
	Default   time.Duration
	Account   *Option                  // preselected, if there is one
	Picked    *slack.OptionBlockObject // … or picked already, as Slack has it
	Reason    string
	Link      string   // to the message that it is for, if there is one
	Notice    string   // for example why nothing is preselected
	Preview   *Preview // what will come of it, once an account is picked
}

// Option is an account that can be picked.
type Option struct {
	ID, Name, Plan string
	Assigned       bool // to the person who picks
}

// FormModal is the modal for a new request.
func FormModal(f Form) slack.ModalViewRequest {
	m := modal()
	m.Submit, m.Close = plain("Request", maxTitle), plain("Cancel", maxTitle)
	m.CallbackID, m.PrivateMetadata = CallbackAsk, f.metadata()
	if notice := legible.Line(f.Notice); notice != "" {
		m.Blocks.BlockSet = append(m.Blocks.BlockSet, paragraph(explained(notice)))
	}
	if len(f.Flows) > 1 {
		m.Blocks.BlockSet = append(m.Blocks.BlockSet, flowInput(f))
	}
	m.Blocks.BlockSet = append(m.Blocks.BlockSet, accountInput(f))
	m.Blocks.BlockSet = append(m.Blocks.BlockSet, f.Preview.blocks()...)
	m.Blocks.BlockSet = append(m.Blocks.BlockSet, reasonInput(f), durationInput(f))
	return m
}

// accountInput has Slack say at once which account was picked, so that the form
// can say what will come of it. The rules can't read a duration, so its input
// doesn't.
func accountInput(f Form) slack.Block {
	pick := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plain("Name or id", maxHeader), ActionAccount)
	atOnce := 0
	pick.MinQueryLength = &atOnce
	if f.Account != nil {
		if options := AccountOptions([]Option{*f.Account}); len(options) == 1 {
			pick.InitialOption = options[0]
		}
	}
	if f.Picked != nil {
		pick.InitialOption = pickedAgain(f.Picked)
	}
	return slack.NewInputBlock(BlockAccount, plain("Account", maxHeader),
		plain("The customer to sign in as", maxHeader), pick).WithDispatchAction(true)
}

func reasonInput(f Form) slack.Block {
	asked := askedInLine(f.Link)
	input := slack.NewPlainTextInputBlockElement(plain("What you need to do there, and for whom", maxHeader), ActionReason).
		WithMultiline(true).WithMinLength(MinReason).WithMaxLength(MaxReason).
		WithInitialValue(asked + shorten(legible.Text(f.Reason), MaxReason-width(asked)))
	return slack.NewInputBlock(BlockReason, plain("Reason", maxHeader),
		plain("Whoever decides reads it, and it's kept", maxHeader), input)
}

func durationInput(f Form) slack.Block {
	durations := f.Durations[:min(len(f.Durations), maxOptions)]
	pick := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, ActionDuration)
	for _, d := range durations {
		option := slack.NewOptionBlockObject(d.String(), plain(string(span(d)), maxOption), nil)
		pick.Options = append(pick.Options, option)
		if d == f.Default {
			pick.InitialOption = option
		}
	}
	return slack.NewInputBlock(f.durationBlock(), plain("For how long", maxHeader), nil, pick)
}

// AccountOptions are the accounts as a type-ahead shows them, each with its id as
// the value: at most 100, and as many as the answer to a suggestion may hold. An
// id that doesn't fit is left out.
func AccountOptions(found []Option) []*slack.OptionBlockObject {
	options := []*slack.OptionBlockObject{}
	room := maxAnswerBytes
	for _, o := range found {
		if o.ID == "" || utf8.RuneCountInString(o.ID) > maxOptionValue {
			continue
		}
		option := slack.NewOptionBlockObject(o.ID, plain(o.title(), maxOption), plain(o.description(), maxOption))
		room -= jsonBytes(option) + len(",")
		if room < 0 || len(options) == maxOptions {
			break
		}
		options = append(options, option)
	}
	return options
}

func jsonBytes(option *slack.OptionBlockObject) int {
	data, err := json.Marshal(option)
	if err != nil {
		return maxAnswerBytes // it can't be sent either
	}
	return len(data)
}

func (o Option) title() string {
	if name := legible.Line(o.Name); name != "" {
		return name
	}
	return o.shownID()
}

func (o Option) description() string {
	plan := legible.Line(o.Plan)
	if plan == "" {
		plan = "plan unknown"
	}
	if o.Assigned {
		return plan + " · " + o.shownID() + " · assigned to you"
	}
	return plan + " · " + o.shownID()
}

func (o Option) shownID() string {
	if id := legible.Line(o.ID); id != "" {
		return id
	}
	return "(unreadable id)"
}

// Answer is what a person submitted.
type Answer struct {
	Flow, Account, Reason string
	Duration              time.Duration
	Foreseen              *approval.Foreseen // what the form said of this account, if it did
}

// ReadForm reads a submitted form. The second result holds, by block id, what
// is wrong, as Slack shows it at that field; it is empty if nothing is.
func ReadForm(v slack.View, offered []time.Duration) (Answer, map[string]string) {
	a := Answer{
		Account: input(v, BlockAccount, ActionAccount).SelectedOption.Value,
	}
	var why string
	why, a.Reason = whyFirst(strings.TrimSpace(input(v, BlockReason, ActionReason).Value))
	a.Flow = PickedFlow(v)
	if flow, foreseen := readMetadata(v.PrivateMetadata, a.Account); flow == a.Flow {
		a.Foreseen = foreseen
	}
	wrong := map[string]string{}
	if a.Account == "" {
		wrong[BlockAccount] = "Pick the account to sign in as."
	}
	if problem := reasonProblem(why, a.Reason); problem != "" {
		wrong[BlockReason] = problem
	}
	var problem string
	if a.Duration, problem = readDuration(v, offered); problem != "" {
		wrong[durationBlock(v)] = problem
	}
	return a, wrong
}

func input(v slack.View, block, action string) slack.BlockAction {
	if v.State == nil {
		return slack.BlockAction{}
	}
	return v.State.Values[block][action]
}

// reasonProblem counts what can be read: invisible characters are no reason, and
// the link that the form came with isn't one either.
func reasonProblem(why, reason string) string {
	switch n := utf8.RuneCountInString(legible.Text(why)); {
	case n == 0 && why != reason:
		return "Say why too: the link alone is no reason. Whoever decides reads it."
	case n == 0:
		return "Say why you need this. Whoever decides reads it."
	case n < MinReason:
		return fmt.Sprintf("Say a little more: a reason has at least %d characters.", MinReason)
	}
	if n := utf8.RuneCountInString(reason); n > MaxReason {
		return fmt.Sprintf("Shorten this to %d characters; it has %d.", MaxReason, n)
	}
	return ""
}

func readDuration(v slack.View, offered []time.Duration) (time.Duration, string) {
	value := input(v, durationBlock(v), ActionDuration).SelectedOption.Value
	if value == "" {
		return 0, "Pick for how long."
	}
	d, err := time.ParseDuration(value)
	if err != nil || !slices.Contains(offered, d) {
		return 0, "This isn't offered any more. Pick another."
	}
	return d, ""
}
