//go:build linux || darwin

package doctor

import (
	"path/filepath"
	"syscall"
)

// space looks at how much room there is where the store is.
func (e *examination) space() {
	folder := filepath.Dir(e.StorePath)
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		e.note(Wrong, "disk", "the store's folder %s can't be looked at: %v", folder, err)
		return
	}
	free := s.Bavail * uint64(s.Bsize) //nolint:gosec // a block's size is more than nothing
	if free < e.LeastSpace {
		e.note(Wrong, "disk", "%d MiB are free where the store is, and it should have %d: make room, because a click that can't be written isn't taken", free>>20, e.LeastSpace>>20)
		return
	}
	e.note(Fine, "disk", "there is room where the store is")
}
