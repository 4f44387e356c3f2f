// Package loopback says which hosts are this machine itself, to which a secret goes
// without a network that could read it. Nothing else is asked: a name that somebody
// can give out is of another machine, wherever it leads today.
package loopback

import "net"

// Is says whether a host, without its port, is this machine.
func Is(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
