package compare

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/understudyhq/understudy/bot/pagersim"
	"github.com/understudyhq/understudy/bot/slacksim"
)

// stage is a workspace with its people, cases that wait for a decision, and
// one of the apps.
type stage struct {
	folder   string
	ws       *slacksim.Workspace
	pagerURL string
	kim      *slacksim.Person // asks
	mia, ola *slacksim.Person // are on call
	cases    []waiting        // not clicked on yet
	process  *process
	launch   launcher
	sockets  int // that the app has when it is up
	stop     []func()
}

const (
	schedule  = "PMGRS01"
	flowsFile = `{"flows":[{"name":"impersonation","params":{"manager_schedule":"` + schedule + `"},"durations":["15m","1h"]}]}`
)

// stage makes a workspace with so many waiting cases, and starts the app on it.
func (r *run) stage(ctx context.Context, a app, cases int) (_ *stage, err error) {
	r.stages++
	s := &stage{folder: filepath.Join(r.folder, fmt.Sprintf("%02d", r.stages)), launch: a.launch, sockets: a.sockets}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return nil, err
	}
	if err := s.workspace(ctx); err != nil {
		return nil, err
	}
	if err := s.files(cases); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, cases); err != nil {
		return nil, fmt.Errorf("making %d cases: %w", cases, err)
	}
	return s, s.launched(ctx, false)
}

func (s *stage) file(name string) string { return filepath.Join(s.folder, name) }
func (s *stage) store() string           { return s.file("understudy.db") }

func (s *stage) workspace(ctx context.Context) error {
	s.ws = slacksim.New(slacksim.Options{Name: "Comparison", Calm: true})
	s.kim = s.ws.AddPerson("Kim Berg", "kim@example.com")
	s.mia = s.ws.AddPerson("Mia Falk", "mia@example.com")
	s.ola = s.ws.AddPerson("Ola Nordmann", "ola@example.com")
	pager := pagersim.New()
	pager.AddSchedule(schedule, "Support managers")
	pager.SetOnCall(schedule, pager.AddUser("Mia Falk", "mia@example.com"), pager.AddUser("Ola Nordmann", "ola@example.com"))
	url, err := s.serve(ctx, s.ws)
	if err != nil {
		return err
	}
	s.ws.SetURL(url)
	s.stop = append(s.stop, s.ws.Close)
	s.pagerURL, err = s.serve(ctx, pager)
	return err
}

// serve serves on loopback until the stage closes.
func (s *stage) serve(ctx context.Context, handler http.Handler) (url string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(listener) // it ends when it is closed
	}()
	s.stop = append(s.stop, func() {
		_ = server.Close() // the listener is closed either way
		<-ended
	})
	return "http://" + listener.Addr().String(), nil
}

func accountName(n int) string { return fmt.Sprintf("Customer %06d", n) }

// files are what both apps read: the customers, one more than there are cases.
func (s *stage) files(cases int) error {
	var customers strings.Builder
	for n := range cases + 1 {
		fmt.Fprintf(&customers, `{"id":"acct_%d","name":%q,"plan":"enterprise","assigned":[]}`+"\n", n, accountName(n))
	}
	return errors.Join(
		os.WriteFile(s.file("customers.jsonl"), []byte(customers.String()), 0o600),
		os.WriteFile(s.file("flows.json"), []byte(flowsFile), 0o600),
	)
}

// launched starts the app and waits until it is connected.
func (s *stage) launched(ctx context.Context, anew bool) error {
	command, err := s.launch(s, anew)
	if err != nil {
		return err
	}
	if s.process, err = start(command, s.file("app.log")); err != nil {
		return err
	}
	return s.until(ctx, "the app's sockets", func() bool { return s.ws.Connections() >= s.sockets })
}

func (s *stage) close() {
	if s.process != nil {
		s.process.finish()
	}
	for i := len(s.stop) - 1; i >= 0; i-- {
		s.stop[i]()
	}
}

// next are so many cases that nobody has clicked on.
func (s *stage) next(n int) []waiting {
	taken := s.cases[:n]
	s.cases = s.cases[n:]
	return taken
}

// atRest is the app's memory after it was left alone for a while.
func (s *stage) atRest(ctx context.Context, rest time.Duration) (int64, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(rest):
		return s.process.memory()
	}
}
