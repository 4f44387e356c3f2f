//go:build !linux

package compare

import "os"

func datasync(file *os.File) error { return file.Sync() }
