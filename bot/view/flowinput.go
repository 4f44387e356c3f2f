package view

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/understudyhq/understudy/bot/legible"
)

// flowInput lets people choose among flows. Slack says at once which, because
// each flow has durations and an outcome of its own.
func flowInput(f Form) slack.Block {
	pick := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, ActionFlow)
	for _, name := range f.Flows[:min(len(f.Flows), MostFlows)] {
		option := slack.NewOptionBlockObject(name, plain(flowTitle(name), maxOption), nil)
		pick.Options = append(pick.Options, option)
		if name == f.Flow {
			pick.InitialOption = option
		}
	}
	var hint *slack.TextBlockObject
	if f.Unlisted || len(f.Flows) > MostFlows {
		hint = plain(fmt.Sprintf("Only %d fit here, by name. If what you need isn't among them, tell whoever runs Understudy here: they can give it a command of its own.", MostFlows), maxHint)
	}
	return slack.NewInputBlock(BlockFlow, plain("What you need", maxHeader), hint, pick).WithDispatchAction(true)
}

// MostFlows is how many flows a form lets people choose from: the options of
// Slack's menus.
const MostFlows = maxOptions

// flowTitle is a flow's name as a sentence begins: break-glass is Break glass.
func flowTitle(name string) string {
	name = strings.NewReplacer("-", " ", "_", " ").Replace(name)
	if name == "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// PickedFlow is the name of the flow that a form is for.
func PickedFlow(v slack.View) string {
	if picked := input(v, BlockFlow, ActionFlow).SelectedOption.Value; picked != "" {
		return picked
	}
	flow, _ := readMetadata(v.PrivateMetadata, "")
	return flow
}

// flowsIn are the names of the flows that a form lets choose from, and whether
// there are others.
func flowsIn(v slack.View) (names []string, unlisted bool) {
	for _, block := range v.Blocks.BlockSet {
		input, isInput := block.(*slack.InputBlock)
		if !isInput || input.BlockID != BlockFlow {
			continue
		}
		if pick, isSelect := input.Element.(*slack.SelectBlockElement); isSelect {
			for _, option := range pick.Options {
				names = append(names, option.Value)
			}
			unlisted = input.Hint != nil
		}
	}
	return names, unlisted
}

// durationBlock is a name of its own for each flow where there are several:
// Slack keeps what was picked only in an input of the same name, and another
// flow may not offer it.
func (f Form) durationBlock() string {
	if len(f.Flows) > 1 {
		return BlockDuration + ":" + f.Flow
	}
	return BlockDuration
}

func durationBlock(v slack.View) string {
	if v.State == nil {
		return BlockDuration
	}
	for block := range v.State.Values {
		if strings.HasPrefix(block, BlockDuration+":") {
			return block
		}
	}
	return BlockDuration
}

// NoFlow says that a command has no flow behind it.
func NoFlow(command string) string {
	if command == "" {
		command = Command
	}
	return "Nothing can be asked with " + command + " yet, because no flow is provisioned behind it. Nothing was asked. Tell whoever runs Understudy here; “understudy flow list” shows them what there is."
}

// FlowGone says that a form is for a flow that was deleted while it was open.
func FlowGone(name string) string {
	return "“" + flowTitle(legible.Line(name)) + "” isn't offered any more. Nothing was asked. Close this, and type " + Command + " again to see what is."
}
