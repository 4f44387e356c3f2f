// Package express holds the middleware for Express, which is JavaScript, to what
// every middleware does, on both versions of Express that people run.
package express

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/understudyhq/understudy/bot/grant/granttest"
)

func TestExpress(t *testing.T) {
	install(t)
	t.Parallel()
	for _, version := range []string{"4", "5"} {
		t.Run("version "+version, func(t *testing.T) {
			t.Parallel()
			bot := granttest.NewBot(t)
			granttest.Run(t, bot, serve(t, bot, "testapp.js", "EXPRESS="+version))
		})
	}
}

func TestExpressInChromium(t *testing.T) {
	install(t)
	t.Parallel()
	bot := granttest.NewBot(t)
	granttest.RunInChromium(t, bot, serve(t, bot, "testapp.js"))
}

func TestExpressThatCantTellOfSignIns(t *testing.T) {
	install(t)
	t.Parallel()
	bot := granttest.NewBot(t)
	granttest.RunUntold(t, bot, serve(t, bot, "testapp.js", "TELLS_NO_SIGN_IN=1"))
}

// install has npm put what package-lock.json names beside it, once.
func install(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: install Node.js (nodejs.org), or on Debian run apt-get install nodejs npm, and then npm ci in bot/grant/express", tool)
		}
	}
	wanted, err := os.Stat("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if there, err := os.Stat("node_modules/.package-lock.json"); err == nil && !there.ModTime().Before(wanted.ModTime()) {
		return
	}
	if said, err := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund").CombinedOutput(); err != nil {
		t.Skipf("npm could not install Express (%v): run npm ci in bot/grant/express, which needs a package registry:\n%s", err, said)
	}
}

// serve runs an app until the test ends, and gives its address.
func serve(t *testing.T, bot *granttest.Bot, script string, environment ...string) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	listener.Close()
	node := exec.CommandContext(context.Background(), "node", "--import", "./testdata/clock.js", script)
	node.Env = append(append(os.Environ(), bot.Environment()...), append(environment, "PORT="+port, "NODE_ENV=test")...)
	stdin, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	node.Stderr = node.Stdout
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	listens, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if lines.Text() == "listening" {
				close(listens)
			} else {
				t.Log(script + ": " + lines.Text())
			}
		}
	}()
	t.Cleanup(func() {
		stdin.Close() // it tells its last deeds, and ends
		<-done
		if err := node.Wait(); err != nil {
			t.Errorf("%s: %v", script, err)
		}
	})
	select {
	case <-listens:
	case <-done:
		t.Fatalf("%s ended", script)
	case <-time.After(time.Minute):
		t.Fatalf("%s doesn't listen", script)
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port)
}

// TestTheReadme runs its app as it stands.
func TestTheReadme(t *testing.T) {
	install(t)
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```js\n")
	code, _, found := strings.Cut(rest, "```\n")
	if !found {
		t.Fatal("it has no app")
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "node_modules"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, is := range map[string]string{"express": "node_modules/express", "express-session": "node_modules/express-session", "understudy-express": "."} {
		if is, err = filepath.Abs(is); err == nil {
			err = os.Symlink(is, filepath.Join(folder, "node_modules", name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	code = strings.Replace(code, "app.listen(process.env.PORT)", `app.listen(process.env.PORT, "127.0.0.1", () => console.log("listening")); process.stdin.on("end", () => process.exit()).resume()`, 1)
	script := filepath.Join(folder, "app.mjs")
	if err := os.WriteFile(script, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	bot := granttest.NewBot(t)
	b := signIn(t, serve(t, bot, script, "SESSION_SECRET=x"), granttest.Kim)
	if got := b.get("/"); got.text != "nobody acts" {
		t.Errorf("%d %s", got.StatusCode, got.text)
	}
	if got := b.get("/understudy/open?code=x"); got.Header.Get("Location") != "/sign-in?next=%2Funderstudy%2Fopen%3Fcode%3Dx" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
}
