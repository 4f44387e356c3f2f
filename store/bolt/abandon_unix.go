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

// lock takes the file as bbolt does, for itself or with other readers, until it is
// closed. It's false if somebody else has it.
func lock(file *os.File, exclusively bool) bool {
	how := syscall.LOCK_SH
	if exclusively {
		how = syscall.LOCK_EX
	}
	return syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB) == nil
}
