package accounts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"
)

// rows are the accounts that a file's text holds, each with what is wrong with
// it. They end early where the rest can't be made out.
type rows iter.Seq2[row, error]

// row is an account and the line that it begins on.
type row struct {
	line    int
	account Account
}

// maxProblems is how many problems one error names: enough to mend a file in a
// few rounds, and few enough to be read.
const maxProblems = 5

// cancelLines is how many lines are read before it is asked whether to go on.
const cancelLines = 1024

// problem is what is wrong on one line of a file.
type problem struct {
	file string
	line int
	err  error
}

func (p problem) Error() string { return fmt.Sprintf("%s:%d: %v", p.file, p.line, p.err) }

func (p problem) Unwrap() error { return p.err }

const byteOrderMark = "\ufeff"

// load reads a whole file, or says what is wrong with it. Name is only for
// what it says.
func load(ctx context.Context, name string, parse format, data []byte) (*index, error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if line, ok := invalidLine(data); ok {
		return nil, problem{name, line, errors.New("the text isn't UTF-8: save the file with that encoding")}
	}
	b := loading{file: name}
	for row, err := range parse(data) {
		if err == nil {
			err = b.add(row)
		}
		if row.line%cancelLines == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !b.note(row.line, err) {
			break
		}
	}
	return b.finish()
}

// invalidLine is the first line that isn't UTF-8.
func invalidLine(data []byte) (line int, found bool) {
	if utf8.Valid(data) {
		return 0, false
	}
	for text := range bytes.Lines(data) {
		line++
		if !utf8.Valid(text) {
			break
		}
	}
	return line, true
}

// loading is a file that is being read.
type loading struct {
	file     string
	builder  builder
	lines    []int // of each account added, in their order
	problems []error
}

func (l *loading) add(r row) error {
	if err := check(r.account); err != nil {
		return err
	}
	if err := l.builder.add(r.account); err != nil {
		return err
	}
	l.lines = append(l.lines, r.line)
	return nil
}

// note keeps a problem, and says whether there is room for another.
func (l *loading) note(line int, err error) bool {
	l.problems = append(l.problems, problem{l.file, line, err})
	return len(l.problems) < maxProblems
}

func (l *loading) finish() (*index, error) {
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	if len(l.lines) == 0 {
		return nil, fmt.Errorf("%s: holds no account: write at least one", l.file)
	}
	index, twins := l.builder.build()
	for _, twin := range twins {
		err := fmt.Errorf("the id %q is that of line %d, too: give each account its own", twin.id, l.lines[twin.first])
		if !l.note(l.lines[twin.second], err) {
			break
		}
	}
	if len(l.problems) > 0 {
		return nil, errors.Join(l.problems...)
	}
	return index, nil
}
