package grant

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/understudyhq/understudy/bot/grant/token"
)

const (
	// keyLife is how long a key signs.
	keyLife = 30 * 24 * time.Hour
	// published is how long a key is shown before it signs, so that whoever keeps
	// the keys has it by then.
	published = time.Hour
	// remembered is how long a key is shown after its last token.
	remembered = time.Hour
)

// Keyring signs tokens. Its keys are in a file of their own, beside the store
// and not in it: a backup of the store can't sign, and a lost file costs no more
// than the tokens of the last minutes.
//
// During an update two processes have the file. Each reads it again when the other
// has written it, so that a key that was dropped is dropped for both.
//
// A key signs for 30 days. The next one is shown an hour before it begins, and
// an old one until an hour after its last token is over.
type Keyring struct {
	path string

	mu      sync.Mutex
	all     keys
	file    os.FileInfo // from which they are
	changed chan struct{}
}

// Changed is closed when the keys change that tokens may be signed with.
func (k *Keyring) Changed() <-chan struct{} {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.changed
}

type keys struct {
	Secret []byte `json:"secret"` // from which those of webhooks and of customers' links are derived
	Keys   []key  `json:"keys"`   // in the order in which they sign
}

type key struct {
	JWK   jose.JSONWebKey `json:"jwk"`
	Signs time.Time       `json:"signs"` // from when on
}

// OpenKeyring reads the file of keys, or makes one. It refuses one that others
// can read.
func OpenKeyring(path string, now time.Time) (*Keyring, error) {
	k := &Keyring{path: path, changed: make(chan struct{})}
	err := k.read()
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	k.all.Secret = newSecret()
	if err := k.add(now); err != nil {
		return nil, err
	}
	return k, k.save()
}

func newSecret() []byte {
	secret := make([]byte, sha256.Size)
	rand.Read(secret)
	return secret
}

// read reads the file, and nothing of one that others can read.
func (k *Keyring) read() error {
	file, err := os.Open(k.path)
	if err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("looking at the keys: %w", err)
	}
	if err := private(k.path, info); err != nil {
		return err
	}
	var all keys
	data, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("reading the keys: %w", err)
	}
	if err := json.Unmarshal(data, &all); err != nil || len(all.Keys) == 0 || len(all.Secret) < sha256.Size {
		return fmt.Errorf("the file of keys %s can't be read, or isn't one: remove it, and a new one is made; whoever is signed in as a customer then opens the app again, and webhooks get a new secret", k.path)
	}
	k.all, k.file = all, info
	return nil
}

// follow reads the file again if another process has replaced it. One that was
// removed is made again with the next key.
func (k *Keyring) follow() error {
	info, err := os.Stat(k.path)
	if err != nil || os.SameFile(info, k.file) && info.ModTime().Equal(k.file.ModTime()) {
		return nil //nolint:nilerr // it was removed, or is as it was
	}
	if err := k.read(); err != nil {
		return err
	}
	close(k.changed)
	k.changed = make(chan struct{})
	return nil
}

func private(path string, info os.FileInfo) error {
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the file of keys %s can be read by others (mode %04o): whoever has it can sign in as any customer; chmod 600 it, and if somebody may have read it, remove it instead", path, info.Mode().Perm())
	}
	return nil
}

// add makes the next key, which signs from then on.
func (k *Keyring) add(signs time.Time) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("making a key: %w", err)
	}
	jwk := jose.JSONWebKey{Key: private, Algorithm: string(token.Algorithm), Use: "sig", KeyID: rand.Text()}
	k.all.Keys = append(k.all.Keys, key{jwk, signs.UTC()})
	return nil
}

// save replaces the file at once, so that a crash leaves the old one or the new.
func (k *Keyring) save() error {
	data, err := json.Marshal(k.all) //nolint:gosec // the file is for the secrets
	if err != nil {
		return fmt.Errorf("writing the keys: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(k.path), filepath.Base(k.path)+".*") // 0600
	if err != nil {
		return fmt.Errorf("writing the keys: %w", err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), k.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing the keys: %w", err), os.Remove(file.Name()))
	}
	if k.file, err = os.Stat(k.path); err != nil {
		return fmt.Errorf("writing the keys: %w", err)
	}
	close(k.changed)
	k.changed = make(chan struct{})
	return nil
}

// Public are the keys that tokens of now may be signed with.
func (k *Keyring) Public(now time.Time) (set jose.JSONWebKeySet, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.tend(now); err != nil {
		return set, err
	}
	for _, one := range k.all.Keys {
		set.Keys = append(set.Keys, one.JWK.Public())
	}
	return set, nil
}

// Sign makes a token.
func (k *Keyring) Sign(claims token.Claims, now time.Time) (string, error) {
	k.mu.Lock()
	err := k.tend(now)
	signing := k.all.Keys[k.signing(now)].JWK
	k.mu.Unlock()
	if err != nil {
		return "", err
	}
	return token.Sign(signing, claims)
}

// Rotate has a new key sign from now on. If the old ones leaked they are dropped,
// which makes every token invalid that they signed, and webhooks get new secrets.
func (k *Keyring) Rotate(leaked bool, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.follow(); err != nil {
		return err
	}
	was := k.all
	k.all.Keys = slices.Clone(was.Keys[:k.signing(now)+1])
	if leaked {
		k.all.Keys, k.all.Secret = nil, newSecret()
	}
	err := k.add(now)
	if err == nil {
		err = k.save()
	}
	if err != nil {
		k.all = was
	}
	return err
}

// Secret is what webhooks to this app are signed with.
func (k *Keyring) Secret(app string) []byte {
	secret, _ := k.secret() // what it signs, apps judge by the one that they were given
	return derived(secret, "webhook\x00"+app)
}

// secret is that of now. The error says that another process has replaced the file and
// that it can't be read: what was known before may have leaked.
func (k *Keyring) secret() ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.follow()
	return k.all.Secret, err
}

func derived(secret []byte, what string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(what))
	return mac.Sum(nil)
}

// signing is the key that signs now. A clock that was set back finds the first.
func (k *Keyring) signing(now time.Time) int {
	last := 0
	for i, one := range k.all.Keys {
		if !one.Signs.After(now) {
			last = i
		}
	}
	return last
}

// tend makes the next key when it is to be shown, and forgets those that signed
// nothing that is valid.
func (k *Keyring) tend(now time.Time) error {
	if err := k.follow(); err != nil {
		return err
	}
	was := k.all
	current := k.signing(now)
	next := k.all.Keys[current].Signs.Add(keyLife)
	due := current == len(k.all.Keys)-1 && !now.Before(next.Add(-published))
	stale := current > 0 && now.After(k.all.Keys[current].Signs.Add(token.Life+remembered))
	if !due && !stale {
		return nil
	}
	if stale {
		k.all.Keys = slices.Clone(k.all.Keys[current:])
	}
	if due {
		if err := k.add(later(next, now.Add(published))); err != nil {
			return err
		}
	}
	if err := k.save(); err != nil {
		k.all = was
		return err
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
