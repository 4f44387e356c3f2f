// Package accountstest makes account directories of any size, for measurements:
// names of a few words that many share, as companies' names do.
package accountstest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Teams is how many teams the accounts are shared out to in turn, by their field
// schedule: PTEAM0 and so on.
const Teams = 8

// ID is the id of the account of this number.
func ID(i int) string { return fmt.Sprintf("acct_%07d", i) }

// Schedule is the on-call schedule of a team.
func Schedule(team int) string { return fmt.Sprintf("PTEAM%d", team) }

// Lines are n accounts as the lines of a .jsonl file, the same ones each time.
func Lines(n int) string {
	random := rand.New(rand.NewPCG(1, 2)) // the same each time
	pick := func(words []string) string { return words[random.IntN(len(words))] }
	starts := strings.Fields("north blue lark cob jun mar fox tide sum har quil red silver bright kes am iron wil pine ever stone map oak star cop light salt drift wind high")
	ends := strings.Fields("wind bird spur alt iper lowe glove water mit bor lon wood line trel bridge crest green gate ton haven ling field house marsh more land")
	kinds := strings.Fields("Logistics Foods Analytics Health Robotics Energy Media Textiles Bank Insurance Travel Software Studios Pharma Motors Retail Labs Systems GmbH Ltd Inc")
	plans := []string{"free", "pro", "enterprise"}
	var text strings.Builder
	for i := range n {
		name := pick(starts) + pick(ends)
		fmt.Fprintf(&text, `{"id":"%s","name":"%s %s %s","plan":%q,"assigned":["agent%d@example.com"],"fields":{"region":"eu","seats":%d,"schedule":"%s"}}`+"\n",
			ID(i), strings.ToUpper(name[:1])+name[1:], pick(ends), pick(kinds), plans[i%3], random.IntN(2000), random.IntN(500), Schedule(i%Teams))
	}
	return text.String()
}
