package gate

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// This file lets the banner be shown, and answered, on a page that forbids styles or
// forms. Source: Content Security Policy Level 3 of the W3C.

// allowBanner has each policy of a page allow what the banner needs, and nothing
// else: its own styles by their hashes, and a form that leads to the app itself.
func allowBanner(header http.Header) {
	for name, lines := range header {
		if !strings.EqualFold(name, "Content-Security-Policy") {
			continue
		}
		allowing := make([]string, len(lines)) // the app may have the same lines for every answer
		for i, line := range lines {
			policies := strings.Split(line, ",")
			for j, policy := range policies {
				policies[j] = allowingBanner(policy)
			}
			allowing[i] = strings.Join(policies, ",")
		}
		header[name] = allowing
	}
}

// allowingBanner is one policy with what the banner needs.
func allowingBanner(policy string) string {
	said := map[string][]string{} // the first of a name counts
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.FieldsFunc(directive, func(r rune) bool { return strings.ContainsRune("\t\n\f\r ", r) })
		if len(words) == 0 || strings.ContainsFunc(directive, func(r rune) bool { return r > 0x7f }) {
			continue
		}
		if name := strings.ToLower(words[0]); said[name] == nil {
			said[name] = words
		}
	}
	for _, name := range []string{"style-src-attr", "style-src", "default-src"} {
		if words := said[name]; words != nil {
			policy = stylesOf(words) + policy
			break
		}
	}
	if words := said["form-action"]; words != nil && !contains(words, "'self'") {
		others := slices.DeleteFunc(words[1:], func(s string) bool { return strings.EqualFold(s, "'none'") })
		policy = "form-action " + strings.Join(append(others, "'self'; "), " ") + policy
	}
	return policy
}

// unsafeHashes has hashes be those of styles that are attributes.
const unsafeHashes = "'unsafe-hashes'"

// stylesOf is a directive for the banner's styles, and for those that this directive
// allows; nothing if it allows all.
func stylesOf(directive []string) string {
	if contains(directive, "'unsafe-inline'") && !slices.ContainsFunc(directive, takesBack.MatchString) {
		return ""
	}
	ours := bannerHashes()
	if contains(directive, ours[0]) {
		return ""
	}
	all := []string{"style-src-attr"}
	for _, word := range directive {
		if contains(directive, unsafeHashes) && isHash.MatchString(word) {
			all = append(all, word)
		}
	}
	return strings.Join(append(append(all, unsafeHashes), ours...), " ") + "; "
}

var (
	// takesBack is of a source beside which 'unsafe-inline' doesn't count.
	takesBack = regexp.MustCompile(`(?i)^'(nonce|sha256|sha384|sha512)-[a-z0-9+/_-]+=*'$`)
	isHash    = regexp.MustCompile(`(?i)^'(sha256|sha384|sha512)-[a-z0-9+/_-]+=*'$`)
)

func contains(directive []string, word string) bool {
	return slices.ContainsFunc(directive, func(s string) bool { return strings.EqualFold(s, word) })
}

func bannerHashes() (all []string) {
	for _, style := range []string{frameStyle, layout, barStyle, formStyle, buttonStyle} {
		sum := sha256.Sum256([]byte(style))
		all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return all
}
