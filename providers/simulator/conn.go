package simulator

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"sync"

	"roomdesk/providers/simulator/exchange"
)

// HTTP/2 frames, RFC 9113.
const (
	frameHeader     = 9
	frameRSTStream  = 3
	frameGoAway     = 7
	refusedStream   = 7 // error code
	windowOfStreams = 250
)

// serverConn is a connection behind TLS. It knows where HTTP/2 frames begin in what
// is written, so that it can change one and put one between.
//
// It does not show that it is TLS: net/http would take it for HTTP/1.1 then.
type serverConn struct {
	net.Conn
	tls *tls.Conn // the same

	mu      sync.Mutex
	header  []byte // of the frame that is being written, as far as it came
	left    int    // bytes of its payload that are still to come
	refuse  int    // so many resets shall say that the stream was refused
	going   bool   // a GOAWAY shall go out
	isGone  bool
	patched int // bytes of a reset's payload that are still to be replaced

	exchange exchange.Conn // who signed in to the Exchange face
}

type connKey struct{}

// connOf is the connection of a request; nil in tests without one.
func connOf(ctx context.Context) *serverConn {
	conn, _ := ctx.Value(connKey{}).(*serverConn)
	return conn
}

func (s *serverConn) http2() bool { return s.tls.ConnectionState().NegotiatedProtocol == "h2" }

// refuseNext makes the next reset of a stream say REFUSED_STREAM.
func (s *serverConn) refuseNext() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse++
}

// goAway asks for a GOAWAY behind the frame that is being written, and for the end
// of the connection.
func (s *serverConn) goAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.going = true
}

func (s *serverConn) gone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isGone
}

// Write passes on what the server writes.
func (s *serverConn) Write(b []byte) (int, error) {
	if s.http2() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.isGone {
			return 0, net.ErrClosed
		}
		n, err := s.Conn.Write(s.follow(b))
		if err == nil && s.going && s.left == 0 && len(s.header) == 0 {
			err = s.farewell()
		}
		return min(n, len(b)), err
	}
	return s.Conn.Write(b)
}

// follow walks the frames in b. What it gives is b, or a copy with a reset changed.
func (s *serverConn) follow(b []byte) []byte {
	out := b
	for i := 0; i < len(b); {
		if s.left > 0 {
			n := min(s.left, len(b)-i)
			if s.patched > 0 {
				if &out[0] == &b[0] {
					out = append([]byte(nil), b...)
				}
				for k := range n { // a big-endian code of four bytes
					out[i+k] = 0
					if s.patched--; s.patched == 0 {
						out[i+k] = refusedStream
					}
				}
			}
			s.left -= n
			i += n
			continue
		}
		s.header = append(s.header, b[i])
		i++
		if len(s.header) == frameHeader {
			s.left = int(binary.BigEndian.Uint32(s.header) >> 8)
			if s.header[3] == frameRSTStream && s.refuse > 0 {
				s.refuse--
				s.patched = s.left
			}
			s.header = s.header[:0]
		}
	}
	return out
}

// farewell writes a GOAWAY that takes no stream back, and closes.
func (s *serverConn) farewell() error {
	s.isGone = true
	frame := make([]byte, frameHeader, frameHeader+8)
	frame[2], frame[3] = 8, frameGoAway
	frame = binary.BigEndian.AppendUint32(frame, 1<<31-1)
	frame = binary.BigEndian.AppendUint32(frame, 0)
	_, err := s.Conn.Write(frame)
	return errors.Join(err, s.tls.NetConn().Close())
}

// tlsListener makes a serverConn of each connection. The handshake runs with the
// first read, so a client that hangs in it holds up nobody else.
type tlsListener struct {
	net.Listener
	config *tls.Config
}

// Accept waits for a connection.
func (l tlsListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	secured := tls.Server(conn, l.config)
	return &serverConn{Conn: secured, tls: secured}, nil
}

// configure sets a server up for connections of a tlsListener. The server sees no
// TLS, as that is behind it already: it takes HTTP/2 by its first bytes, and
// requests learn of TLS here.
func configure(server *http.Server) {
	server.Protocols = &http.Protocols{}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: windowOfStreams, MaxReceiveBufferPerConnection: 1 << 20, MaxReceiveBufferPerStream: 1 << 18}
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, conn)
	}
	inner := server.Handler
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn := connOf(r.Context()); conn != nil {
			state := conn.tls.ConnectionState()
			r.TLS = &state
		}
		inner.ServeHTTP(w, r)
	})
}
