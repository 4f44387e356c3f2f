package gate

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
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
		for i, line := range lines {
			policies := strings.Split(line, ",")
			for j, policy := range policies {
				policies[j] = allowingBanner(policy)
			}
			lines[i] = strings.Join(policies, ",")
		}
	}
}

// allowingBanner is one policy with what the banner needs.
func allowingBanner(policy string) string {
	said := map[string][]string{} // the first of a name counts
	for directive := range strings.SplitSeq(policy, ";") {
		words := strings.Fields(directive)
		if len(words) == 0 {
			continue
		}
		if name := strings.ToLower(words[0]); said[name] == nil {
			said[name] = words
		}
	}
	for _, name := range []string{"style-src-attr", "style-src", "default-src"} {
		if words := said[name]; words != nil {
			if !inlineAllowed(words) {
				policy = "style-src-attr " + strings.Join(append(sources(words), bannerHashes()...), " ") + "; " + policy
			}
			break
		}
	}
	if words := said["form-action"]; words != nil && !slices.Contains(words, "'self'") {
		policy = "form-action " + strings.Join(append(sources(words), "'self'"), " ") + "; " + policy
	}
	return policy
}

// sources are a directive's, without the one that stands alone.
func sources(directive []string) []string {
	return slices.DeleteFunc(slices.Clone(directive[1:]), func(s string) bool { return strings.EqualFold(s, "'none'") })
}

// inlineAllowed says whether styles in the page are allowed as they are: a hash or
// nonce beside that takes it back.
func inlineAllowed(directive []string) bool {
	return slices.ContainsFunc(directive, func(s string) bool { return strings.EqualFold(s, "'unsafe-inline'") }) &&
		!slices.ContainsFunc(directive, func(s string) bool {
			s = strings.ToLower(s)
			return strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha")
		})
}

func bannerHashes() []string {
	all := []string{"'unsafe-hashes'"}
	for _, style := range []string{frameStyle, roomStyle, barStyle, formStyle, buttonStyle} {
		sum := sha256.Sum256([]byte(style))
		all = append(all, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return all
}
