package django_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
)

// python is one that has Django and PyJWT.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} { // Debian's packages are in the second one alone
		if exec.CommandContext(t.Context(), name, "-c", "import django, jwt, cryptography").Run() == nil {
			return name
		}
	}
	t.Skip("There is no Django here. Install it with: apt-get install -y python3-django python3-jwt python3-cryptography")
	return ""
}

// app is the test app, as a process.
type app struct {
	url     string
	process *exec.Cmd
	ended   chan struct{}
	mu      sync.Mutex
	said    bytes.Buffer
}

func (a *app) Write(data []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said.Write(data)
}

// log is what it wrote.
func (a *app) log() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.said.String()
}

// start starts the test app, and waits until it answers.
func start(t *testing.T, environment ...string) *app {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	a := &app{url: "http://127.0.0.1:" + port, ended: make(chan struct{})}
	a.process = exec.CommandContext(context.Background(), python(t), "-m", "testapp")
	a.process.Env = append(append(os.Environ(), environment...), "PORT="+port, "PYTHONDONTWRITEBYTECODE=1")
	a.process.Stdout, a.process.Stderr = a, a
	if err := a.process.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = a.process.Wait() // how it ends is what stop looks at
		close(a.ended)
	}()
	t.Cleanup(func() {
		a.stop(t)
		if t.Failed() {
			t.Logf("the app wrote:\n%s", a.log())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			return a
		}
		select {
		case <-a.ended:
			t.Fatalf("the app ended: %s", a.process.ProcessState)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the app doesn't answer")
		}
	}
}

// stop ends the app as a supervisor does.
func (a *app) stop(t *testing.T) {
	t.Helper()
	select {
	case <-a.ended:
		return
	default:
	}
	if err := a.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	select {
	case <-a.ended:
		if code := a.process.ProcessState.ExitCode(); code != 0 {
			t.Error("the app ended with " + strconv.Itoa(code))
		}
	case <-time.After(20 * time.Second):
		t.Error("the app doesn't end")
		_ = a.process.Process.Kill()
	}
}

func TestDjango(t *testing.T) {
	t.Parallel()
	bot := granttest.NewBot(t)
	granttest.Run(t, bot, start(t, bot.Environment()...).url)
}

func TestDjangoInChromium(t *testing.T) {
	t.Parallel()
	bot := granttest.NewBot(t)
	granttest.RunInChromium(t, bot, start(t, bot.Environment()...).url)
}

func TestDjangoThatCantTellOfSignIns(t *testing.T) {
	t.Parallel()
	bot := granttest.NewBot(t)
	granttest.RunUntold(t, bot, start(t, append(bot.Environment(), "TELLS_NO_SIGN_IN=1")...).url)
}
