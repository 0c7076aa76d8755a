package providers

import (
	"context"
	"net"
)

// Resolve looks the name of a host up; host has a port. classify makes an error of the
// network one of the provider's.
func Resolve(ctx context.Context, host string, classify func(context.Context, error) *Error) ([]string, error) {
	const op = "looking the name up"
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return nil, &Error{Class: Permanent, Op: op, Err: err}
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		e := classify(ctx, err)
		e.Op = op + " " + name
		return nil, e
	}
	return addresses, nil
}

// Connect opens a connection to a host and closes it again. It gives the address that
// answered.
func Connect(ctx context.Context, host string, dial func(ctx context.Context, network, address string) (net.Conn, error), classify func(context.Context, error) *Error) (string, error) {
	conn, err := dial(ctx, "tcp", host)
	if err != nil {
		e := classify(ctx, err)
		e.Op = "connecting to " + host
		return "", e
	}
	address := conn.RemoteAddr().String()
	_ = conn.Close() // nothing was sent
	return address, nil
}
