package cli

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

// backups serves copies of the store.
func backups(db *bolt.DB, log zerolog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Backup")
		if _, err := db.BackupTo(r.Context(), w); err != nil {
			log.Error().Err(err).Msg("sending a backup")
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Backup", "whole")
	}
}

// listenPrivately makes the socket in a folder that only we may enter, so that
// at no time anybody else may connect.
func listenPrivately(ctx context.Context, path string) (_ net.Listener, err error) {
	if there, err := os.Lstat(path); err == nil && there.Mode().Type() != fs.ModeSocket {
		return nil, fmt.Errorf("%s is there, and isn't a socket", path)
	}
	private, err := os.MkdirTemp(filepath.Dir(path), ".us-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(private)) }()
	made := filepath.Join(private, "s")
	listener, err := new(net.ListenConfig).Listen(ctx, "unix", made)
	if err != nil {
		return nil, err
	}
	if unix, ok := listener.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // it has another name by then
	}
	// A socket that is there is a dead process's: the store's lock is ours.
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, path)); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// CopyStore copies the store into a new file, from the file if no bot runs on
// it, and else from the bot.
func CopyStore(ctx context.Context, storePath, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, fmt.Errorf("the file %s is there already: name one that isn't", file))
	}
	if _, err := os.Stat(filepath.Dir(file)); err != nil {
		return fmt.Errorf("the folder of %s: %w", file, err)
	}
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
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://store/backup", nil)
	if err != nil {
		return err
	}
	response, err := socketClient(socket).Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", response.Status)
	}
	return bolt.WriteBackup(file, func(w io.Writer) error {
		_, err := io.Copy(w, response.Body)
		if err == nil && response.Trailer.Get("Backup") != "whole" {
			err = errors.New("the copy was cut short")
		}
		return err
	})
}
