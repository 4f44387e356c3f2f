package demo

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/bot/demo/demodata"
	"github.com/understudyhq/understudy/bot/slacksim"
)

// The user groups of the workspace.
const (
	support   = "support" // a channel as well
	directors = "directors"
)

// newWorkspace is the demo's, of Kim and Lee, who ask, and Mia, Ola and Dana, who
// decide. What stands in #support is of the demo's own customers. In a store that
// is kept, people are known by their ids, so that these follow from its name.
func newWorkspace(address, store string, complaints bool) (ws *slacksim.Workspace, ola *slacksim.Person, err error) {
	ws = slacksim.New(slacksim.Options{Name: "Understudy demo", Seed: seedFor(store), Calm: true})
	ws.SetURL(address)
	kim := ws.AddPerson("Kim Berg", "kim@example.com", slacksim.Title("Support agent"))
	mia := ws.AddPerson("Mia Falk", "mia@example.com", slacksim.Title("On-call manager"))
	ola = ws.AddPerson("Ola Nordmann", "ola@example.com", slacksim.Title("On-call manager"))
	lee := ws.AddPerson("Lee Chan", "lee@example.com", slacksim.Title("Support agent"))
	ws.AddGroup(directors, ws.AddPerson("Dana Reyes", "dana@example.com", slacksim.Title("Director")))
	sam := ws.AddPerson("Sam Rivers", "sam@partner.example", slacksim.Title("Guest"), slacksim.Guest())
	ws.AddGroup(support, kim, lee)
	people := []*slacksim.Person{kim, mia, ola, lee, sam}
	ws.AddChannel(support, people...)
	err = ws.Configure(cli.Manifest())
	if complaints {
		err = errors.Join(err, complain(ws, people))
	}
	ws.Reseed(rand.Uint64())
	return ws, ola, err
}

func seedFor(store string) uint64 {
	if store == "" {
		return rand.Uint64()
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(store)) // which never fails
	return hash.Sum64()
}

// complain has people write of customers in #support.
func complain(ws *slacksim.Workspace, people []*slacksim.Person) (err error) {
	for _, c := range demodata.Complaints() {
		i := slices.IndexFunc(people, func(p *slacksim.Person) bool { return p.Name() == c.From })
		err = errors.Join(err, ws.Post(people[i].ID(), "#"+support, c.Text))
	}
	return err
}
