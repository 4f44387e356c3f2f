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
