package slacksim

import (
	"fmt"
	"strings"
	"testing"
)

// stopped is a test that notes why it failed and goes no further.
type stopped struct{ testing.TB }

func (s stopped) Helper() {}

func (s stopped) Fatalf(format string, values ...any) { panic(fmt.Sprintf(format, values...)) }

func said(f func()) (sentence string) {
	defer func() { sentence = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestNobodyTypesBehindAModal(t *testing.T) {
	t.Parallel()
	ws, kim, _, _ := opened(t)
	ws.driver = stopped{t}
	if got := said(func() { kim.Types("/go") }); !strings.Contains(got, `the modal "Form" is open: close it first`) {
		t.Errorf("the test ended with: %s", got)
	}
}

func TestOnlyATestDrivesPeople(t *testing.T) {
	t.Parallel()
	kim := New(Options{}).AddPerson("Kim Berg", "kim@example.com")
	if got := said(func() { kim.Types("/go") }); !strings.Contains(got, "ForTest") {
		t.Errorf("it panicked with: %s", got)
	}
}
