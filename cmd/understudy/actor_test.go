package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/cli"
)

// actor is a real understudy serve, as a process, with what it says.
type actor struct {
	t       *testing.T
	command *exec.Cmd
	ended   chan struct{} // closed when it has ended

	mu      sync.Mutex
	said    strings.Builder
	changed chan struct{}
}

const actorPatience = 30 * time.Second

// act starts a bot.
func act(t *testing.T, s cli.Settings) *actor {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	a := &actor{t: t, command: exec.Command(self, "serve"), ended: make(chan struct{}), changed: make(chan struct{})}
	a.command.Args[0] = "understudy"
	a.command.Env = append(os.Environ(), s.Environment()...)
	stderr, err := a.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := a.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(a.ended)
		a.listen(stderr)
		_ = a.command.Wait() // how it ended is asked for where it matters
	}()
	t.Cleanup(func() {
		_ = a.command.Process.Kill() // it has ended, or something failed
		<-a.ended
		if t.Failed() {
			t.Logf("process %d said:\n%s", a.command.Process.Pid, a.all())
		}
	})
	return a
}

func (a *actor) listen(stderr io.Reader) {
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		a.mu.Lock()
		a.said.WriteString(lines.Text() + "\n")
		close(a.changed)
		a.changed = make(chan struct{})
		a.mu.Unlock()
	}
}

func (a *actor) all() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said.String()
}

// says waits until the process has said it so many times.
func (a *actor) says(text string, times int) {
	a.t.Helper()
	deadline := time.After(actorPatience)
	for {
		a.mu.Lock()
		changed, found := a.changed, strings.Count(a.said.String(), text)
		a.mu.Unlock()
		if found >= times {
			return
		}
		select {
		case <-changed:
		case <-a.ended:
			if strings.Count(a.all(), text) < times {
				a.t.Fatalf("process %d has ended, and didn't say %q", a.command.Process.Pid, text)
			}
		case <-deadline:
			a.t.Fatalf("process %d doesn't say %q", a.command.Process.Pid, text)
		}
	}
}

func (a *actor) signal(s syscall.Signal) {
	a.t.Helper()
	if err := a.command.Process.Signal(s); err != nil {
		a.t.Errorf("signalling process %d: %v", a.command.Process.Pid, err)
	}
}

// ends waits for the end of the process, and says its exit code and how long
// it took from now.
func (a *actor) ends() (code int, after time.Duration) {
	a.t.Helper()
	began := time.Now()
	select {
	case <-a.ended:
	case <-time.After(actorPatience):
		a.t.Fatalf("process %d doesn't end", a.command.Process.Pid)
	}
	return a.command.ProcessState.ExitCode(), time.Since(began)
}

func (a *actor) hasEnded() bool {
	select {
	case <-a.ended:
		return true
	default:
		return false
	}
}

// stop ends the bot as a supervisor does.
func (a *actor) stop() {
	a.t.Helper()
	a.signal(syscall.SIGTERM)
	if code, _ := a.ends(); code != 0 {
		a.t.Errorf("process %d ended with %d", a.command.Process.Pid, code)
	}
}

// health is what one of the process's addresses says.
func (a *actor) health(path string) (status int, text string) {
	a.t.Helper()
	_, after, _ := strings.Cut(a.all(), `"health":"`)
	address, _, _ := strings.Cut(after, "/readyz")
	response, err := http.Get(address + path)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Error(err)
	}
	return response.StatusCode, string(body)
}
