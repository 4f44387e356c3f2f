package demo

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/demo/demodata"
	"github.com/understudyhq/understudy/bot/slacksim"
)

func newWorkspace(address string) (ws *slacksim.Workspace, ola *slacksim.Person, err error) {
	ws = slacksim.New(slacksim.Options{Name: "Understudy demo", Seed: rand.Uint64(), Calm: true})
	ws.SetURL(address)
	kim := ws.AddPerson("Kim Berg", "kim@example.com", slacksim.Title("Support agent"))
	mia := ws.AddPerson("Mia Falk", "mia@example.com", slacksim.Title("On-call manager"))
	ola = ws.AddPerson("Ola Nordmann", "ola@example.com", slacksim.Title("On-call manager"))
	lee := ws.AddPerson("Lee Chan", "lee@example.com", slacksim.Title("Support agent"))
	ws.AddGroup("directors", ws.AddPerson("Dana Reyes", "dana@example.com", slacksim.Title("Director")))
	sam := ws.AddPerson("Sam Rivers", "sam@partner.example", slacksim.Title("Guest"), slacksim.Guest())
	return ws, ola, errors.Join(ws.Configure(cli.Manifest()), fillSupport(ws, kim, mia, ola, lee, sam))
}

// fillSupport has these people in #support, with what is written there.
func fillSupport(ws *slacksim.Workspace, people ...*slacksim.Person) (err error) {
	ws.AddChannel("support", people...)
	for _, c := range demodata.Complaints() {
		i := slices.IndexFunc(people, func(p *slacksim.Person) bool { return p.Name() == c.From })
		err = errors.Join(err, ws.Post(people[i].ID(), "#support", c.Text))
	}
	return err
}
