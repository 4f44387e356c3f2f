package approval_test

import (
	"testing"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/approval"
)

func TestWhatRoutingMakesOfACase(t *testing.T) {
	self := flows.Requester("assigned")
	for want, command := range map[approval.Prospect]approval.Command{
		approval.AtOnce:   approval.Rule{Ruling: ruled(flows.Approved, nil)},
		approval.RuledOut: approval.Rule{Ruling: ruled(flows.Denied, nil)},
		approval.Others:   ask(managers, mia, ola),
		approval.Yourself: ask(self, kim),
		approval.Hopeless: approval.Refuse{Why: "nobody"},
		"":                approval.Delay{Why: "silence"},
	} {
		submit := submission()
		submit.Foreseen = &approval.Foreseen{Prospect: approval.Others}
		s := begin(t).then(submit)
		foreseen, err := approval.Foresee(s.c, command, s.now)
		if err != nil {
			t.Fatal(err)
		}
		s.then(command)
		same(t, "foreseen", s.c, foreseen)
		same(t, "prospect", want, foreseen.Prospect())
		same(t, "surprising "+string(want), want != "" && want != approval.Others, foreseen.Surprising())
	}
	same(t, "after an approval", approval.Others, active(t).c.Prospect())
}
