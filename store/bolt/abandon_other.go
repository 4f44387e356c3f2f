//go:build !unix

package bolt

import "os"

// abandon gives back the file of a bbolt that can't be closed.
func abandon(file *os.File) error {
	if file == nil {
		return nil
	}
	return file.Close()
}

// lock doesn't: where a file that somebody has open can't be replaced, the
// system refuses it.
func lock(*os.File, bool) bool { return true }
