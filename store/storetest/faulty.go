package storetest

import (
	"context"
	"fmt"
	"sync"

	"github.com/understudyhq/understudy/store"
)

// Fault is what goes wrong with an update.
type Fault int

// The faults. The last two look the same to whoever called.
const (
	None   Fault = iota
	Before       // nothing is written: store.ErrFull
	Lost         // nothing is written, and nobody knows: store.ErrUnknown
	After        // all is written, and nobody knows: store.ErrUnknown
)

// Faults is an engine that fails on command.
type Faults struct {
	store.Engine

	mu     sync.Mutex
	count  int
	update func(n int) Fault
	view   error
}

// Faulty wraps an engine. It does no harm until told so.
func Faulty(engine store.Engine) *Faults {
	return &Faults{Engine: engine, update: never}
}

func never(int) Fault { return None }

// OnUpdate asks which fault each Update has from now on; n counts them from 1.
// Fault is called by one goroutine at a time. Nil ends it.
func (f *Faults) OnUpdate(fault func(n int) Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count, f.update = 0, fault
	if fault == nil {
		f.update = never
	}
}

// OnView makes every View fail with the error, nil ends it.
func (f *Faults) OnView(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.view = err
}

// Updates is how many there were since OnUpdate.
func (f *Faults) Updates() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.count
}

// View is the engine's, unless it is to fail.
func (f *Faults) View(ctx context.Context, fn func(store.Tx) error) error {
	f.mu.Lock()
	err := f.view
	f.mu.Unlock()
	if err != nil {
		return fmt.Errorf("reading, with a fault: %w", err)
	}
	return f.Engine.View(ctx, fn)
}

// Update is the engine's, unless it is to fail.
func (f *Faults) Update(ctx context.Context, fn func(store.Tx) error) error {
	switch f.next() {
	case Before:
		return fmt.Errorf("changing, with a fault: %w", store.ErrFull)
	case Lost:
		return fmt.Errorf("changing, with a fault: %w", store.ErrUnknown)
	case After:
		if err := f.Engine.Update(ctx, fn); err != nil {
			return err
		}
		return fmt.Errorf("changing, with a fault: %w", store.ErrUnknown)
	case None:
	}
	return f.Engine.Update(ctx, fn)
}

func (f *Faults) next() Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return f.update(f.count)
}
