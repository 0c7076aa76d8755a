package providertest

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
)

// Network is a loopback network within the process: nothing of it passes through
// the operating system, so that client and service can live in a bubble of
// testing/synctest, where hours pass in moments. The zero value is ready.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*pipeListener
	last      int // port
	dialled   []string
}

// Listen opens a listener at a loopback address, for [simulator.Options.Listener].
func (n *Network) Listen(_ context.Context, _, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == "0" {
		n.last++
		port = strconv.Itoa(40_000 + n.last)
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(host, port))
	if err != nil {
		return nil, err
	}
	if n.listeners == nil {
		n.listeners = map[string]*pipeListener{}
	}
	if n.listeners[at.String()] != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: syscall.EADDRINUSE}
	}
	l := &pipeListener{network: n, at: at, coming: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[at.String()] = l
	return l, nil
}

// Dial connects to a listener; where there is none it is refused as by a host
// where nothing listens.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	n.dialled = append(n.dialled, address)
	l := n.listeners[address]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	if l == nil {
		return nil, refused
	}
	here, there := net.Pipe()
	select {
	case l.coming <- there:
		return here, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Dialled are the addresses that somebody tried to connect to, in that order.
func (n *Network) Dialled() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.dialled...)
}

type pipeListener struct {
	network *Network
	at      netip.AddrPort
	coming  chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.coming:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() {
		l.network.mu.Lock()
		defer l.network.mu.Unlock()
		delete(l.network.listeners, l.at.String())
		close(l.closed)
	})
	return nil
}

func (l *pipeListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.at) }
