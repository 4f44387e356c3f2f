package storm

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// logbook keeps what the bot logs in a file, and counts its errors by kind.
type logbook struct {
	mu     sync.Mutex
	file   *os.File
	out    *bufio.Writer
	rest   []byte // a line that hasn't ended
	errors map[string]int
	panics []string
}

func openLogbook(path string) (*logbook, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &logbook{file: file, out: bufio.NewWriter(file), errors: map[string]int{}}, nil
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.read(string(line))
		l.rest = rest
	}
}

func (l *logbook) read(line string) {
	fmt.Fprintln(l.out, line)
	switch {
	case strings.HasPrefix(line, "panic:"), strings.HasPrefix(line, "fatal error:"), strings.Contains(line, "a handler panicked"), strings.Contains(line, "DATA RACE"):
		l.panics = append(l.panics, line)
	case strings.HasPrefix(line, "understudy:"):
		l.errors[line]++
	case strings.Contains(line, `"level":"error"`):
		var entry struct {
			Message string `json:"message"`
			Error   string `json:"error"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil {
			l.errors[entry.Message+": "+kindOf(entry.Error)]++
		}
	}
}

// kindOf is an error without what differs each time: ids, numbers, addresses.
func kindOf(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if strings.ContainsAny(w, "0123456789/") {
			words[i] = "…"
		}
	}
	if len(words) > 16 {
		words = append(words[:16], "…")
	}
	return strings.Join(words, " ")
}

func (l *logbook) kinds() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	kinds := slices.Sorted(maps.Keys(l.errors))
	slices.SortStableFunc(kinds, func(a, b string) int { return l.errors[b] - l.errors[a] })
	lines := make([]string, len(kinds))
	for i, kind := range kinds {
		lines[i] = fmt.Sprintf("%6d  %s", l.errors[kind], kind)
	}
	return lines
}

func (l *logbook) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.out.Flush(); err != nil {
		return err
	}
	return l.file.Close()
}

// flush writes what is kept in memory.
func (l *logbook) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.out.Flush() // what it holds is for people to read
}
