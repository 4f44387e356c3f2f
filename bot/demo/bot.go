package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/flows"
)

// Serve is the verb demo-serve: the demo's bot, a process of its own.
type Serve struct {
	cli.Serve

	rules []flows.Flow // of the play; the program's, if it has none
}

// Run runs it until ctx ends.
func (s *Serve) Run(ctx context.Context, p cli.Program, log zerolog.Logger) error {
	if len(s.rules) > 0 {
		p.Rules = s.rules
	}
	return s.Rehearse(ctx, 1, log, p.Rules...)
}

// restartAfter is how long a killed bot stays away.
const restartAfter = 2 * time.Second

// supervisor keeps a bot alive.
type supervisor struct {
	diary *diary

	mu  sync.Mutex
	bot *botProcess // the one that lives; nil while none does
}

// supervise runs the bot as a process, and again whenever it dies, until ctx
// ends; then it lets the bot finish.
func (v *supervisor) supervise(ctx context.Context, s cli.Settings, stdout io.Writer, flags ...string) error {
	for {
		bot, err := startBot(s, v.diary, flags...)
		if err != nil {
			return fmt.Errorf("starting the bot: %w", err)
		}
		v.follow(bot)
		fmt.Fprintf(stdout, "\n  The bot is process %d. Kill it in the middle of something (kill -9 %d): it is started again and goes on where it was.\n\n", bot.pid(), bot.pid())
		select {
		case <-ctx.Done():
			return bot.finish()
		case <-bot.ended:
			v.follow(nil)
			if !bot.killed() {
				return fmt.Errorf("the bot ended by itself: %w", cmp.Or(bot.err, errors.New("somebody told it to; kill -9 is what the demo survives")))
			}
			v.diary.happened("The bot was killed, and is started again")
			fmt.Fprintf(stdout, "\n  The bot was killed. It is started again.\n")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restartAfter):
		}
	}
}

func (v *supervisor) follow(bot *botProcess) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.bot = bot
}

// alive says whether there is a bot to kill.
func (v *supervisor) alive() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.bot != nil
}

// kill ends the bot as kill -9 does.
func (v *supervisor) kill() (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.bot == nil {
		return "", errors.New("the bot is stopped already, and is started again in a moment")
	}
	if err := v.bot.command.Process.Kill(); err != nil {
		return "", fmt.Errorf("killing the bot: %w", err)
	}
	v.bot = nil
	return "The bot was killed. It is started again in 2 seconds, and goes on where it was.", nil
}

// botProcess is a running demo-serve.
type botProcess struct {
	command *exec.Cmd
	stdin   io.Closer
	ended   chan struct{} // closed when it has ended
	err     error         // why, once it has
}

func startBot(s cli.Settings, d *diary, flags ...string) (*botProcess, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, append([]string{"demo-serve", "--while-stdin"}, flags...)...) //nolint:gosec,noctx // it is this program itself, and is told to end by its standard input
	command.Args[0] = os.Args[0]
	command.Env = append(os.Environ(), s.Environment()...)
	log, err := command.StderrPipe()
	if err != nil {
		return nil, err
	}
	command.Stdout = command.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	bot := &botProcess{command: command, stdin: stdin, ended: make(chan struct{})}
	go func() {
		defer close(bot.ended)
		d.follow(log, cli.LogWriter(os.Stderr), os.Stderr)
		bot.err = command.Wait()
	}()
	return bot, nil
}

func (b *botProcess) pid() int { return b.command.Process.Pid }

// killed says whether a signal ended the bot. One that ends by itself has a
// reason to, and would again.
func (b *botProcess) killed() bool { return b.command.ProcessState.ExitCode() < 0 }

// finish tells the bot to end, and waits for it.
func (b *botProcess) finish() error {
	_ = b.stdin.Close() // the bot's sign to end; one that has ended already is as well
	select {
	case <-b.ended:
		return nil // whatever it says, it was told to end
	case <-time.After(15 * time.Second):
		return b.command.Process.Kill()
	}
}
