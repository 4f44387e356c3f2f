//go:build unix

package bolt

import (
	"errors"
	"os"
	"syscall"
)

// abandon gives back the file of a bbolt that can't be closed. The lock needs
// its own call: it would last as long as the map of the file, which stays.
func abandon(file *os.File) error {
	if file == nil {
		return nil
	}
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}
