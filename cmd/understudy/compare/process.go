package compare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "embed"

	"github.com/understudyhq/understudy/bot/pagersim"
)

//go:embed app.js
var officialApp []byte

// launcher is the command of an app for a stage. An app that is started anew
// finds what it kept itself, and nothing else.
type launcher func(s *stage, anew bool) (*exec.Cmd, error)

// ours is this bot, as it is run for a real workspace.
func ours(self string) launcher {
	return func(s *stage, _ bool) (*exec.Cmd, error) {
		command := exec.Command(self, "serve", "--while-stdin") //nolint:noctx // this program itself; its end is told by its standard input
		command.Args[0] = "understudy"
		command.Env = append(s.environment(),
			"PAGERDUTY_TOKEN="+pagersim.Token, "PAGERDUTY_API_URL="+s.pagerURL,
			"UNDERSTUDY_STORE=bolt:"+s.store(), "UNDERSTUDY_FLOWS="+s.file("flows.json"), "UNDERSTUDY_LISTEN=127.0.0.1:0")
		return command, nil
	}
}

// theirs is the app of app.js, with the packages of this folder.
func theirs(modules string) launcher {
	return func(s *stage, anew bool) (*exec.Cmd, error) {
		if err := os.WriteFile(s.file("app.js"), officialApp, 0o600); err != nil {
			return nil, err
		}
		command := exec.Command("node", s.file("app.js")) //nolint:gosec,noctx // a file of ours; its end is told by its standard input
		command.Env = append(s.environment(), "NODE_PATH="+modules, "NODE_ENV=production", "MANAGERS="+s.mia.ID()+","+s.ola.ID())
		if !anew {
			command.Env = append(command.Env, "CASES="+s.file("cases.json"))
		}
		return command, nil
	}
}

func (s *stage) environment() []string {
	return append(os.Environ(), "SLACK_APP_TOKEN="+s.ws.AppToken(), "SLACK_BOT_TOKEN="+s.ws.BotToken(),
		"SLACK_API_URL="+s.ws.APIURL(), "UNDERSTUDY_ACCOUNTS="+s.file("customers.jsonl"))
}

// process is a running app.
type process struct {
	command *exec.Cmd
	stdin   io.Closer
	log     string
	ended   chan struct{} // closed when it has ended
}

func start(command *exec.Cmd, log string) (*process, error) {
	file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // the process has its own
	command.Stdout, command.Stderr = file, file
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p := &process{command: command, stdin: stdin, log: log, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = command.Wait() // however it ends, it is seen to
	}()
	return p, nil
}

// finish tells the process to end, and sees that it does.
func (p *process) finish() {
	_ = p.stdin.Close() // its sign to end
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		p.kill()
	}
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.command.Process.Kill() // it may be dead already
	<-p.ended
}

// died says what the process said last, if it is dead.
func (p *process) died() error {
	select {
	case <-p.ended:
	default:
		return nil
	}
	said, err := os.ReadFile(p.log)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(said)), "\n")
	return fmt.Errorf("%w: %s", errDied, lines[len(lines)-1])
}

// errDied says that an app ended by itself.
var errDied = errors.New("the app ended by itself")

// memory is the resident set in bytes, 0 where the system doesn't tell it so.
func (p *process) memory() (int64, error) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.command.Process.Pid), "status"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, p.died()
	}
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(status) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(string(line), "VmRSS: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10, nil
		}
	}
	return 0, nil
}

// until waits for something that the workspace shows.
func (s *stage) until(ctx context.Context, what string, ready func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ready() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		case <-s.process.ended:
			return s.process.died()
		case <-tick.C:
		}
	}
	return nil
}
