//go:build !linux

package bolt

import "os"

func datasync(file *os.File) error { return file.Sync() }
