package storm

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// disk is a file system of its own for the store, which can be full.
type disk struct{ folder string }

// roomy is the disk's size when it isn't full, in bytes.
const roomy = 1 << 30

// mountDisk needs the rights of root.
func mountDisk(folder string) (*disk, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("only root may mount a disk that can be full")
	}
	if err := syscall.Mount("storm", folder, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0700", roomy)); err != nil {
		return nil, fmt.Errorf("mounting a disk that can be full: %w", err)
	}
	return &disk{folder}, nil
}

// fill leaves no room beyond what is used.
func (d *disk) fill() error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.folder, &s); err != nil {
		return fmt.Errorf("asking how full the disk is: %w", err)
	}
	used := (s.Blocks - s.Bfree) * uint64(s.Bsize) //nolint:gosec // a block's size is positive
	return d.resize(used)
}

func (d *disk) heal() error { return d.resize(roomy) }

func (d *disk) resize(size uint64) error {
	if err := syscall.Mount("storm", d.folder, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%d", size)); err != nil {
		return fmt.Errorf("resizing the disk to %d bytes: %w", size, err)
	}
	return nil
}

func (d *disk) unmount() error { return syscall.Unmount(d.folder, syscall.MNT_DETACH) }
