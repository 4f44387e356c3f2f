package accounts

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrTooMuch means that not every account that a text names could be looked for.
var ErrTooMuch = errors.New("the text is too long to look for accounts in it")

// maxText is how many characters of text accounts are looked for in: what Slack
// lets people type into one message.
const maxText = 4000

// Named are the accounts that the text names: by the whole id, or by the whole
// name as the words of one line. Neither case nor accents count in a name. The
// addresses of mails name nobody, and those of pages only by an id.
func Named(text string, among []Account) []Account {
	said := hear(text)
	return slices.DeleteFunc(slices.Clone(among), func(a Account) bool { return !said.names(a) })
}

// said is a text as accounts are looked for in it.
type said struct {
	runs   [][]byte // folded words that follow each other: " please help acme "
	tokens []string // what may be an id
}

func hear(text string) (s said) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		for _, word := range words {
			s.hearTokens(word)
		}
		s.hearNames(words)
		s.hearNames(withoutPossessives(words))
	}
	slices.SortFunc(s.runs, bytes.Compare)
	s.runs = slices.CompactFunc(s.runs, bytes.Equal)
	return s
}

// hearNames cuts the words where an address lies between them.
func (s *said) hearNames(words []string) {
	run := []byte(" ")
	for _, word := range append(words, "@") {
		if !isAddress(word) {
			run = append(appendFolded(run, word), ' ')
			continue
		}
		if run = append(bytes.Join(bytes.Fields(run), []byte(" ")), ' '); len(run) > 1 {
			s.runs = append(s.runs, slices.Concat([]byte(" "), run))
		}
		run = []byte(" ")
	}
}

func isAddress(word string) bool { return strings.Contains(word, "@") || strings.Contains(word, "://") }

// withoutPossessives makes Acme of Acme's. Names such as McDonald's end so too.
func withoutPossessives(words []string) []string {
	plain := make([]string, len(words))
	for i, word := range words {
		word = strings.TrimRightFunc(word, func(r rune) bool { return !inToken(r) })
		plain[i] = strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "’s")
	}
	return plain
}

func (s *said) hearTokens(word string) {
	if strings.Contains(word, "@") {
		return
	}
	for _, part := range append(strings.FieldsFunc(word, func(r rune) bool { return !inToken(r) && !strings.ContainsRune("-_.", r) }), word) {
		part = strings.TrimFunc(part, func(r rune) bool { return !inToken(r) })
		if part != "" && !slices.Contains(s.tokens, part) {
			s.tokens = append(s.tokens, part)
		}
	}
}

func inToken(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

func (s said) names(a Account) bool {
	if slices.ContainsFunc(s.tokens, func(token string) bool { return strings.EqualFold(token, a.ID) }) {
		return true
	}
	name := appendFolded(nil, a.Name)
	whole := slices.Concat([]byte(" "), name, []byte(" "))
	return len(name) > 0 && slices.ContainsFunc(s.runs, func(run []byte) bool { return bytes.Contains(run, whole) })
}

// named are the accounts that the text names.
func (x *index) named(s said, limit int) []uint32 {
	found := &results{limit: max(0, min(limit, MaxResults))}
	for _, token := range s.tokens {
		x.addTold(found, token)
	}
	for _, run := range s.runs {
		x.addNamesIn(found, run)
	}
	return found.numbers
}

// addTold adds the accounts whose id the token is, whatever its case. Words
// without a digit are only tried as they are written and in one case: the
// common ones of a language stand in a large part of all lines.
func (x *index) addTold(found *results, token string) {
	for _, id := range []string{token, strings.ToLower(token), strings.ToUpper(token)} {
		if number, ok := x.find(id); ok {
			found.add(number)
		}
	}
	if !strings.ContainsFunc(token, unicode.IsDigit) {
		return
	}
	for _, number := range x.containing(MaxResults, idText(appendFolded(nil, token))) {
		if strings.EqualFold(string(x.ids.at(number)), token) {
			found.add(number)
		}
	}
}

// addNamesIn adds the accounts of whose names the run has all words. From each
// word it goes on for as long as a name begins so.
func (x *index) addNamesIn(found *results, run []byte) {
	for start := 0; start < len(run)-1; start += 1 + bytes.IndexByte(run[start+1:], ' ') {
		first := 0
		for end := start; end < len(run)-1; {
			end += 1 + bytes.IndexByte(run[end+1:], ' ')
			words := run[start:end]
			if first = x.from(first, words); first == x.len() || !bytes.HasPrefix(x.lines.at(uint32(first)), words) {
				break
			}
			x.addWhole(found, first, words)
		}
	}
}

// addWhole adds the accounts of exactly this name. Of all names that begin so
// they are the first.
func (x *index) addWhole(found *results, first int, name []byte) {
	whole := slices.Concat(name, []byte("  "))
	for i := uint32(first); int(i) < x.len() && !found.full() && bytes.HasPrefix(x.lines.at(i), whole); i++ {
		found.add(i)
	}
}

// searchable says whether the text isn't too long.
func searchable(text string) bool { return utf8.RuneCountInString(text) <= maxText }

// terms are the words by which a directory is searched that can't be asked
// for names: those that are written as a name or an id is.
func (s said) terms() (terms []string) {
	for _, token := range s.tokens {
		first, _ := utf8.DecodeRuneInString(token)
		if unicode.IsUpper(first) || unicode.IsTitle(first) || strings.ContainsFunc(token, unicode.IsDigit) {
			terms = append(terms, token)
		}
	}
	return terms
}
