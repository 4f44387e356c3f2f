package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/understudyhq/understudy/bot/api/client"
)

// server is the running bot that a verb asks, over its API.
type server struct {
	Server    string `env:"UNDERSTUDY_URL" default:"http://127.0.0.1:8080" help:"The bot's address."`
	Token     string `env:"UNDERSTUDY_TOKEN" help:"A token of its API."`
	TokenFile string `env:"UNDERSTUDY_TOKEN_FILE" placeholder:"FILE" help:"A file that holds it."`
	Plain     bool   `name:"url-plain" env:"UNDERSTUDY_URL_PLAIN" help:"Send the token to another machine without TLS too: the network itself is trusted."`
}

func (s *server) client() (*client.Client, error) {
	if s.Token == "" && s.TokenFile != "" {
		data, err := os.ReadFile(s.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("UNDERSTUDY_TOKEN_FILE can't be read: %w", err)
		}
		s.Token = strings.TrimSpace(string(data))
	}
	if s.Plain {
		return client.NewPlain(s.Server, s.Token)
	}
	return client.New(s.Server, s.Token)
}

// exitCode ends the program with a code and no message: what it has to say was
// said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// changesPlanned is the exit code of a plan that would change something.
const changesPlanned exitCode = 2

// confirm asks whoever runs the program. Only yes is yes.
func confirm(stdin io.Reader, stdout io.Writer, question string) error {
	fmt.Fprintf(stdout, "%s Type yes to go on: ", question)
	answer, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if strings.TrimSpace(answer) != "yes" {
		return errors.New("nothing was changed, because the answer wasn't yes")
	}
	return nil
}

// asJSON prints one value for programs.
func asJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// columns prints rows for people, the first one as their heading.
func columns(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}
