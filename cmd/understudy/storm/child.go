package storm

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"time"
)

// child is the bot as a process, which is started again whenever it is killed.
type child struct {
	make func() *exec.Cmd
	log  *logbook

	mu      sync.Mutex
	process *exec.Cmd
	ended   chan struct{} // closed when process has ended
	told    bool          // to end, or killed: whatever it says is fine
	resting bool          // it isn't started again
	kills   int
	starts  int
	// alone are the times when it ended and nobody had told it to.
	alone   []string
	excused func() bool // whether it may end by itself now
	gaps    []gap
	random  *rand.Rand
	running sync.WaitGroup
}

// gap is a real time in which the bot couldn't be expected to do anything.
type gap struct{ from, until time.Time }

// start has the bot run from now on.
func (c *child) start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.resting = false
	return c.launch()
}

// launch starts a process. Locked.
func (c *child) launch() error {
	process := c.make()
	process.Stdout, process.Stderr = c.log, c.log
	stdin, err := process.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	if err := process.Start(); err != nil {
		return fmt.Errorf("starting the bot: %w", err)
	}
	ended := make(chan struct{})
	c.process, c.ended, c.told = process, ended, false
	c.starts++
	c.running.Go(func() {
		err := process.Wait()
		_ = stdin.Close() // nobody reads it any more
		close(ended)
		c.bury(err)
	})
	return nil
}

// bury notes how a process ended, and starts the next one unless it is to rest.
func (c *child) bury(err error) {
	c.mu.Lock()
	died := time.Now()
	if !c.told && !c.excused() {
		c.alone = append(c.alone, fmt.Sprintf("%s: %v", died.Format(time.TimeOnly), errors.Join(err, errors.New("the bot ended by itself"))))
	}
	pause := time.Duration(c.random.IntN(1000)) * time.Millisecond
	resting := c.resting
	c.mu.Unlock()
	if resting {
		return
	}
	time.Sleep(pause) // as whatever supervises it would
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resting {
		return
	}
	c.gaps = append(c.gaps, gap{died, time.Now().Add(3 * time.Second)})
	if err := c.launch(); err != nil {
		c.alone = append(c.alone, err.Error())
	}
}

// kill ends the bot as kill -9 does.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil || c.told || closed(c.ended) {
		return
	}
	c.told = true
	if c.process.Process.Kill() == nil {
		c.kills++
	}
}

// redeploy tells the bot to end; the next one is started once it has.
func (c *child) redeploy() error {
	ended, err := c.tell()
	if err != nil {
		return err
	}
	return c.await(ended)
}

// rest tells the bot to end, and starts no other.
func (c *child) rest() error {
	c.mu.Lock()
	c.resting = true
	c.mu.Unlock()
	ended, err := c.tell()
	if err != nil {
		return err
	}
	return c.await(ended)
}

func (c *child) tell() (ended chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil || closed(c.ended) {
		return c.ended, nil
	}
	c.told = true
	return c.ended, terminate(c.process.Process)
}

const endsWithin = 20 * time.Second

func (c *child) await(ended chan struct{}) error {
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
	case <-time.After(endsWithin):
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = c.process.Process.Kill() // it may be ending just now
		return fmt.Errorf("the bot hasn't ended %s after it was told to", endsWithin)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if state := c.process.ProcessState; c.ended == ended && state != nil && state.ExitCode() > 0 {
		return fmt.Errorf("the bot ended with %d after it was told to end", state.ExitCode())
	}
	return nil
}

// suspend stops the process for a while, as a machine that sleeps, and calls
// meanwhile once it has stopped.
func (c *child) suspend(d time.Duration, meanwhile func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.process == nil || c.told || closed(c.ended) || freeze(c.process.Process) != nil {
		return
	}
	from := time.Now()
	meanwhile()
	time.Sleep(d)
	_ = thaw(c.process.Process) // it is there: only we end it
	c.gaps = append(c.gaps, gap{from, time.Now().Add(time.Second)})
}

// away says whether the bot couldn't be expected to work all the time.
func (c *child) away(from, until time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.gaps {
		if g.from.Before(until) && from.Before(g.until) {
			return true
		}
	}
	return false
}

func (c *child) forgetGaps() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gaps = nil
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
