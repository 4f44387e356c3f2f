// Package newflow writes the repository of a bot with a flow of its own: ten
// lines of Go, the flow's file with its table of examples, and what it takes
// to test, build and ship it.
package newflow

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

//go:embed all:starter
var starter embed.FS

// Options say what to write.
type Options struct {
	// Name is the flow's.
	Name string
	// Module is the path of the Go module; empty means one of example.com.
	Module string
	// Version is Understudy's that it is built on; empty leaves it to go mod tidy.
	Version string
	// Checkout is a folder with Understudy's source to build on instead.
	Checkout string
}

const understudy = "module github.com/understudyhq/understudy\n"

// File is the flow's name as a file's. It has no underscore: what follows one
// may mean a system that the file is for.
func (o Options) File() string { return strings.ReplaceAll(o.Name, "-", "") }

// check says what can't be written.
func (o Options) check() error {
	if !regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`).MatchString(o.Name) || len(o.Name) > 60 {
		return fmt.Errorf("the name %q: write small letters, digits and single dashes, such as two-people", o.Name)
	}
	if o.File() == "main" {
		return errors.New("the name main is the program's: choose another one for the flow")
	}
	if strings.ContainsAny(o.Module, " \t\r\n\"`()") {
		return fmt.Errorf("the module %q isn't a path such as example.com/%s", o.Module, o.Name)
	}
	return nil
}

// Write writes the repository into a folder, which must be new or empty. It
// overwrites nothing, and says which files it has written.
func Write(dir string, o Options) (files []string, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Module == "" {
		o.Module = "example.com/" + o.Name
	}
	there, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(there) > 0 {
		return nil, fmt.Errorf("the folder %s has something in it already: name one that is new, with --dir", dir)
	}
	if o.Checkout != "" {
		if text, err := os.ReadFile(filepath.Join(o.Checkout, "go.mod")); err != nil || !strings.HasPrefix(string(text), understudy) {
			return nil, fmt.Errorf("the folder %s isn't a copy of Understudy's source", o.Checkout)
		}
	}
	err = fs.WalkDir(starter, "starter", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name := strings.TrimSuffix(strings.TrimPrefix(path, "starter/"), ".tmpl")
		name = strings.Replace(name, "NAME", o.File(), 1)
		files = append(files, name)
		return o.write(filepath.Join(dir, filepath.FromSlash(name)), path)
	})
	if err != nil || o.Checkout == "" {
		return files, err
	}
	return append(files, "go.sum"), o.copySums(dir)
}

// copySums takes over the checksums of what the checkout is built of.
func (o Options) copySums(dir string) error {
	sums, err := os.ReadFile(filepath.Join(o.Checkout, "go.sum"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644) //nolint:gosec // a repository is for everybody to read
}

// write fills in a template, into a new file.
func (o Options) write(file, path string) (err error) {
	text, err := template.ParseFS(starter, path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // a repository is for everybody to read
		return err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return text.Execute(out, o)
}
