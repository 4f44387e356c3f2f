package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/store"
	"github.com/understudyhq/understudy/store/bolt"
)

// A running bot has its store locked. It gives copies of it at a socket beside
// the file, that only the file's owner may open.
func socketPath(storePath string) string { return storePath + ".sock" }

// offerBackups serves copies of the store until the returned function is called.
func offerBackups(ctx context.Context, db *bolt.DB, storePath string, log zerolog.Logger) (stop func(), err error) {
	path := socketPath(storePath)
	// One that is there is a dead process's: the store's lock is ours.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Backup")
		if _, err := db.BackupTo(r.Context(), w); err != nil {
			log.Error().Err(err).Msg("sending a backup")
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Backup", "whole")
	})
	return serveHTTP(listener, mux, log), nil
}

// copyStore copies the store into a new file, from the file if no bot runs on
// it, and else from the bot.
func copyStore(ctx context.Context, storePath, file string) error {
	db, err := bolt.OpenReadOnly(ctx, storePath, bolt.Options{LockTimeout: -1})
	if err == nil {
		return errors.Join(db.Backup(ctx, file), db.Close())
	}
	if !errors.Is(err, store.ErrLocked) {
		return err
	}
	if asked := askForCopy(ctx, socketPath(storePath), file); asked != nil {
		return fmt.Errorf("%w; and the bot that has it gives no copy: %w", err, asked)
	}
	return nil
}

func askForCopy(ctx context.Context, socket, file string) error {
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://store/backup", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return writeWhole(file, response)
}

// writeWhole writes the copy beside its place, and puts it there when it is
// whole and on the disk.
func writeWhole(file string, copied *http.Response) (err error) {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("the file %s is there already", file))
	}
	partial, err := os.CreateTemp(filepath.Dir(file), ".understudy-backup-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(partial.Name()))
		}
	}()
	_, err = io.Copy(partial, copied.Body)
	if err == nil && copied.Trailer.Get("Backup") != "whole" {
		err = errors.New("the copy was cut short")
	}
	if err = errors.Join(err, partial.Sync(), partial.Close()); err != nil {
		return err
	}
	return os.Rename(partial.Name(), file)
}
