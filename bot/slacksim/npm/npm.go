// Package npm installs packages of npm for what is run against a simulated
// workspace: Slack's own framework and clients.
//
// A package is installed once, in a folder of the user's cache, and its
// scripts don't run.
package npm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What keeps a package from being installed.
var (
	ErrMissing  = errors.New("it needs Node.js") // from this machine
	ErrRegistry = errors.New("npm can't install it")
)

// Install returns the folder node_modules that has this version of the package,
// for NODE_PATH. The error is a sentence that says what to do.
func Install(ctx context.Context, name, version string) (modules string, err error) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("%s can't be found: install Node.js (nodejs.org), or on Debian run apt-get install nodejs npm: %w", tool, ErrMissing)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no folder to keep npm packages in: set HOME (%w)", err)
	}
	parent := filepath.Join(cache, "understudy-test")
	folder := filepath.Join(parent, strings.ReplaceAll(strings.TrimPrefix(name, "@"), "/", "-")+"-"+version)
	modules = filepath.Join(folder, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", err
	}
	return modules, install(ctx, parent, folder, name+"@"+version)
}

// install fills a folder of its own and renames it: of two at the same time
// either is good.
func install(ctx context.Context, parent, folder, what string) error {
	fresh, err := os.MkdirTemp(parent, "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }()
	command := exec.CommandContext(ctx, "npm", "install", "--prefix", fresh, "--no-audit", "--no-fund", "--ignore-scripts", what) //nolint:gosec // packages that our code names
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s (%w), which needs a package registry: %w\n%s", what, err, ErrRegistry, said)
	}
	err = os.Rename(fresh, folder)
	if _, there := os.Stat(filepath.Join(folder, "node_modules")); there == nil {
		return nil
	}
	return err
}
