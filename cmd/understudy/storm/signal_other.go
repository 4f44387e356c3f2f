//go:build !unix

package storm

import (
	"errors"
	"os"
)

func terminate(p *os.Process) error { return p.Signal(os.Interrupt) }
func freeze(*os.Process) error      { return errors.New("processes can't be suspended here") }
func thaw(*os.Process) error        { return nil }
