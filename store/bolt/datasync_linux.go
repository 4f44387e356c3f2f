package bolt

import (
	"os"
	"syscall"
)

// datasync flushes what was written to the file, and of its record in the file
// system only what is needed to read it.
func datasync(file *os.File) error {
	for {
		if err := syscall.Fdatasync(int(file.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
