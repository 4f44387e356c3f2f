package storm

import (
	"github.com/understudyhq/understudy/bot/slacksim"
	"github.com/understudyhq/understudy/bot/view"
	"github.com/understudyhq/understudy/flows/approval"
	"github.com/understudyhq/understudy/store"
)

// onHome is where the case is on a person's Home, and the buttons that it has
// there; nowhere and none where it has no buttons.
func (f file) onHome(person string) (part store.HomePart, buttons []string) {
	_, decides := f.Approver(person)
	own := f.Requester.ID == person
	switch {
	case f.Status == approval.Pending && decides && own:
		return store.HomeWaiting, []string{"Approve", "Deny"}
	case f.Status == approval.Pending && decides:
		return store.HomeWaiting, f.deeds(store.ApproverCard, person)
	case own && f.Status == approval.Active:
		return store.HomeRequests, []string{"End now", "Extend"}
	case own && !f.Status.Over():
		return store.HomeRequests, f.requesterButtons()
	case f.Status == approval.Active && decides:
		return store.HomeRunning, []string{"Revoke"}
	}
	return "", nil
}

// pageSizes are how many cases a page of each part has.
func pageSizes() map[store.HomePart]int {
	return map[store.HomePart]int{store.HomeWaiting: view.HomeWaitingPage, store.HomeRequests: view.HomeRequestsPage, store.HomeRunning: view.HomeRunningPage}
}

// checkHomes compares the Homes with the cases of their people: every button
// belongs there, and each part's page is as full as it can be.
func (e *evidence) checkHomes() {
	for _, card := range e.homes {
		_, _, person := card.ID.Parts()
		home := inView(e.screens[person].Home)
		if card.Lost != "" || home == nil {
			continue
		}
		shown := map[string][]thing{}
		for _, t := range things(home, slacksim.Press{}) {
			if t.caseID != "" {
				shown[t.caseID] = append(shown[t.caseID], t)
			}
		}
		there, all := map[store.HomePart]int{}, map[store.HomePart]int{}
		for _, f := range e.files {
			part, want := f.onHome(person)
			all[part]++
			if part != "" {
				want = append(want, string(recalls))
			}
			found, same := buttonsAre(shown[f.ID], want)
			if len(found) == 0 {
				continue
			}
			there[part]++
			if !same {
				e.violated("the Home of %s has the buttons %q for %s, and should have %q", e.nameOf(person), found, f.name(), want)
			}
		}
		for part, size := range pageSizes() {
			page := 0
			if card.Browse != nil {
				page = min(card.Browse.Pages[part], max(0, all[part]-1)/size)
			}
			if want := min(size, all[part]-page*size); there[part] != want {
				e.violated("the Home of %s shows %d cases in %q, and should show %d of %d", e.nameOf(person), there[part], part, want, all[part])
			}
		}
	}
}
