//go:build !linux

package storm

import "errors"

// disk would be a file system that can be full.
type disk struct{}

func mountDisk(string) (*disk, error) { return nil, errors.New("a disk that can be full takes Linux") }
func (*disk) fill() error             { return nil }
func (*disk) heal() error             { return nil }
func (*disk) unmount() error          { return nil }
