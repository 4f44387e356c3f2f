//go:build !linux

package bolt_test

import "os"

func datasync(file *os.File) error { return file.Sync() }
