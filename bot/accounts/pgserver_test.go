//go:build unix

package accounts

import (
	"bufio"
	"context"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// pgServer is a PostgreSQL of its own, on a socket in a folder.
type pgServer struct {
	t       *testing.T
	bin     string
	folder  string
	as      *syscall.SysProcAttr
	process *os.Process
	exited  chan struct{}
}

const pgPassword = "s3cret+päss"

// startPostgres needs no rights: started by root, it runs as nobody, because
// PostgreSQL refuses root.
func startPostgres(t *testing.T) *pgServer {
	t.Helper()
	initdb, err := exec.LookPath("initdb")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
		if len(found) == 0 {
			t.Skip("needs PostgreSQL: install the Debian package postgresql")
		}
		initdb = slices.Max(found)
	}
	folder, err := os.MkdirTemp("", "pg") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	s := &pgServer{t: t, bin: filepath.Dir(initdb), folder: folder, as: &syscall.SysProcAttr{}}
	s.dropRights()
	secret := filepath.Join(folder, "password")
	if err := os.WriteFile(secret, []byte(pgPassword), 0o644); err != nil {
		t.Fatal(err)
	}
	setUp := s.command("initdb", "-D", s.data(), "-U", "boss", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if said, err := setUp.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, said)
	}
	s.start()
	t.Cleanup(func() { s.end(syscall.SIGQUIT) })
	return s
}

func (s *pgServer) data() string { return filepath.Join(s.folder, "data") }

func (s *pgServer) dropRights() {
	if os.Getuid() != 0 {
		return
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		s.t.Skipf("needs a user nobody, because PostgreSQL doesn't run as root: %v", err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	if err := os.Chown(s.folder, uid, gid); err != nil {
		s.t.Fatal(err)
	}
}

func (s *pgServer) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.bin, name), args...)
	command.Dir, command.SysProcAttr = s.folder, s.as
	return command
}

// start starts the server. One that finds what a killed one is still leaving
// ends, and is started again.
func (s *pgServer) start() {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		command := s.command("postgres", "-D", s.data(), "-k", s.folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=8MB", "-c", "max_connections=20")
		said, err := command.StderrPipe()
		if err != nil {
			s.t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			s.t.Fatal(err)
		}
		ready, exited := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(exited)
			lines := bufio.NewScanner(said)
			for lines.Scan() {
				if strings.HasSuffix(lines.Text(), "ready to accept connections") {
					close(ready)
				}
			}
			_ = command.Wait()
		}()
		select {
		case <-ready:
			s.process, s.exited = command.Process, exited
			return
		case <-exited:
		}
	}
	s.t.Fatal("PostgreSQL doesn't start")
}

// kill is a crash.
func (s *pgServer) kill() { s.end(syscall.SIGKILL) }

func (s *pgServer) end(how syscall.Signal) {
	_ = s.process.Signal(how)
	<-s.exited
}

func (s *pgServer) url(name, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(name, pgPassword), Path: "/" + database, RawQuery: "host=" + url.QueryEscape(s.folder)}
	return u.String()
}

// database makes a database of a schema, and a user who may read it.
func (s *pgServer) database(t *testing.T, name, schema string) {
	t.Helper()
	s.run(t, "postgres", "CREATE DATABASE "+name)
	s.run(t, name, schema)
	s.run(t, name, "CREATE ROLE "+name+"_reader LOGIN PASSWORD '"+pgPassword+"'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+name+"_reader")
}

func (s *pgServer) run(t *testing.T, database, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url("boss", database))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatal(err)
	}
}
