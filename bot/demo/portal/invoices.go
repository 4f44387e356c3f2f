package portal

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"strconv"
	"time"
)

// invoice is one of a customer's.
type invoice struct{ Number, Date, Amount, State string }

// invoices are an account's, always the same: what an account's id makes of them.
func (p *Portal) invoices(account string) (all []invoice) {
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(account)) // which never fails
	random := rand.New(rand.NewPCG(hash.Sum64(), 1))
	amount := 90 + random.IntN(4000)
	month := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range 6 {
		one := invoice{
			Number: strconv.Itoa(1042 - 7*n), Date: month.AddDate(0, -n, 0).Format("2 Jan 2006"),
			Amount: fmt.Sprintf("€ %d.00", amount+random.IntN(1+amount/10)), State: "paid",
		}
		switch {
		case p.voided[account+"/"+one.Number]:
			one.State = "void"
		case n == 0:
			one.State = "open"
		}
		all = append(all, one)
	}
	return all
}
