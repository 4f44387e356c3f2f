package accounts

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"sort"
)

// results are the numbers of the accounts found, the best first, each once.
type results struct {
	numbers []uint32
	limit   int
}

func (r *results) full() bool { return len(r.numbers) >= r.limit }

func (r *results) add(numbers ...uint32) {
	for _, number := range numbers {
		if r.full() {
			return
		}
		if !slices.Contains(r.numbers, number) {
			r.numbers = append(r.numbers, number)
		}
	}
}

// search answers as [Directory.Search] says.
func (x *index) search(query, email string, limit int) []uint32 {
	found := &results{limit: max(0, min(limit, MaxResults))}
	folded := appendFolded(nil, query)
	if number, ok := x.find(query); ok {
		found.add(number)
	}
	if len(folded) == 0 {
		x.listAll(found, email)
		return found.numbers
	}
	parts := x.containing(found.limit, folded)
	if len(parts) < found.limit {
		x.addRanked(found, folded, parts)
	} else {
		x.addBest(found, folded)
	}
	if !found.full() {
		x.addAnyOrder(found, folded)
	}
	found.add(parts...)
	return found.numbers
}

// addRanked adds the best of the parts, where these are all that there are.
func (x *index) addRanked(found *results, folded []byte, parts []uint32) {
	for _, fits := range []func(line []byte) bool{
		func(line []byte) bool { return bytes.Contains(line, idText(folded)) },
		func(line []byte) bool { return bytes.HasPrefix(line, wordText(folded)) },
		func(line []byte) bool { return bytes.Contains(line, wordText(folded)) },
	} {
		for _, number := range parts {
			if fits(x.lines.at(number)) {
				found.add(number)
			}
		}
	}
}

// addBest adds the best, each kind looked for by itself.
func (x *index) addBest(found *results, folded []byte) {
	for _, step := range []func(*results, []byte){x.addID, x.addNames, x.addWords} {
		if !found.full() {
			step(found, folded)
		}
	}
}

// idText is how a line holds an id.
func idText(folded []byte) []byte { return slices.Concat([]byte("  "), folded, []byte(" ")) }

// wordText is how a line holds the beginning of a word.
func wordText(folded []byte) []byte { return slices.Concat([]byte(" "), folded) }

func (x *index) listAll(found *results, email string) {
	if email != "" {
		found.add(x.assigned[emailKey(email)]...)
	}
	for number := uint32(0); !found.full() && int(number) < x.len(); number++ {
		found.add(number)
	}
}

// addID adds the accounts of this id, whatever its case.
func (x *index) addID(found *results, folded []byte) {
	found.add(x.containing(found.limit, idText(folded))...)
}

// addNames adds the names that begin so. They lie together.
func (x *index) addNames(found *results, folded []byte) {
	prefix := wordText(folded)
	for i := uint32(x.from(0, prefix)); int(i) < x.len() && !found.full() && bytes.HasPrefix(x.lines.at(i), prefix); i++ {
		found.add(i)
	}
}

// from is the number of the first line, at or after the number first, that isn't
// before the text.
func (x *index) from(first int, text []byte) int {
	return first + sort.Search(x.len()-first, func(i int) bool {
		return bytes.Compare(x.lines.at(uint32(first+i)), text) >= 0
	})
}

// addWords adds the lines with a word that begins so.
func (x *index) addWords(found *results, folded []byte) {
	found.add(x.containing(found.limit, wordText(folded))...)
}

// addAnyOrder adds the lines with words that begin so, in any order.
func (x *index) addAnyOrder(found *results, folded []byte) {
	words := bytes.Split(folded, []byte(" "))
	if len(words) < 2 {
		return
	}
	longest := 0
	for i, word := range words {
		longest = max(longest, len(word))
		words[i] = wordText(word)
	}
	if longest > 1 { // single letters alone would be found nearly everywhere
		found.add(x.containing(found.limit, words...)...)
	}
}

// maxLists is how many lists are walked side by side. The rarest three leave
// few enough lines to look at. A list that is maxRatio times as long as the
// rarest takes longer to walk than looking at the lines that it would rule out.
const (
	maxLists = 3
	maxRatio = 8
)

// containing are the first lines, limit at most, that contain every text.
func (x *index) containing(limit int, texts ...[]byte) []uint32 {
	lists := x.rarest(texts)
	if len(lists) == 0 {
		return x.containingShort(limit, texts[0])
	}
	var found []uint32
	for len(found) < limit && meet(lists) {
		number := lists[0].number()
		if containsAll(x.lines.at(number), texts) {
			found = append(found, number)
		}
	}
	return found
}

// containingShort are the first lines that contain a text shorter than a gram:
// the first of all grams that begin with it.
func (x *index) containingShort(limit int, text []byte) []uint32 {
	var found []uint32
	bound := uint32(math.MaxUint32)
	for _, list := range x.grams.beginning(text) {
		for taken := 0; taken < limit && list.next() && list.number() < bound; taken++ {
			found = append(found, list.number())
		}
		if len(found) > 16*limit {
			found = lowest(found, limit)
			bound = found[len(found)-1]
		}
	}
	return lowest(found, limit)
}

func lowest(numbers []uint32, limit int) []uint32 {
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	return numbers[:min(limit, len(numbers))]
}

// rarest are the shortest lists of the texts' grams. There is none if all
// texts are shorter than a gram.
func (x *index) rarest(texts [][]byte) []list {
	var lists []list
	for _, text := range texts {
		for i := range max(len(text)-2, 0) {
			lists = append(lists, x.grams.list(gramKey(text[i:])))
		}
	}
	slices.SortFunc(lists, func(a, b list) int { return cmp.Compare(len(a.steps), len(b.steps)) })
	useful := min(len(lists), maxLists)
	for useful > 1 && len(lists[useful-1].steps) > maxRatio*len(lists[0].steps) {
		useful--
	}
	return lists[:useful]
}

// meet takes the lists to the next number that all of them hold.
func meet(lists []list) bool {
	if !lists[0].next() {
		return false
	}
	for i := 1; i < len(lists); {
		if !lists[i].reach(lists[0].number()) {
			return false
		}
		if lists[i].number() == lists[0].number() {
			i++
			continue
		}
		if !lists[0].reach(lists[i].number()) {
			return false
		}
		i = 1
	}
	return true
}

func containsAll(line []byte, texts [][]byte) bool {
	for _, text := range texts {
		if !bytes.Contains(line, text) {
			return false
		}
	}
	return true
}
