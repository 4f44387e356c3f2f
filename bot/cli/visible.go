package cli

import (
	"io"
	"strings"
	"unicode"
)

// visible writes what people read. Names and reasons in it are customers' and
// requesters', and a terminal would do what control characters in them say, such
// as erase the line that names them: they are shown as what they are, unreadable.
type visible struct{ to io.Writer }

func (v visible) Write(p []byte) (int, error) {
	shown := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, string(p))
	if _, err := io.WriteString(v.to, shown); err != nil {
		return 0, err
	}
	return len(p), nil
}
