package loopback_test

import (
	"testing"

	"github.com/understudyhq/understudy/bot/loopback"
)

func TestIs(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.9.10": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "192.168.0.1": false, "::ffff:10.0.0.1": false,
		"localhost.example.com": false, "127.0.0.1.example.com": false, "127.1": false, "0x7f.0.0.1": false, "2130706433": false,
		"[::1]": false, "::1%eth0": false, "127.0.0.1:80": false, "host.docker.internal": false,
	} {
		if loopback.Is(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}
