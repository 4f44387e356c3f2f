package accounts

import (
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// TestADatabaseThatCannotProveItself is refused at the start, with the remedy.
func TestADatabaseThatCannotProveItself(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS() // for its certificate, which nobody trusts
	defer server.Close()
	for name, c := range map[string]struct {
		answer byte
		want   string
	}{
		"no TLS":                {'N', "sslmode=disable"},
		"a certificate unknown": {'S', "sslrootcert=FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			where := databaseThat(t, func(conn net.Conn) {
				_, _ = conn.Write([]byte{c.answer})
				_ = tls.Server(conn, server.TLS).Handshake() // fails at the other end
			})
			_, err := OpenDatabase(t.Context(), "postgres://kim:s3cret@"+where+"/app?sslmode=verify-full", "", "testdata/django/queries.sql", zerolog.Nop())
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// databaseThat answers the request for TLS with which PostgreSQL's protocol begins.
func databaseThat(t *testing.T, answers func(net.Conn)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := io.ReadFull(conn, make([]byte, 8)); err == nil {
					answers(conn)
				}
			}()
		}
	}()
	return listener.Addr().String()
}
