package simulator

import (
	"crypto/tls"
	"errors"
	"time"
)

// hangLimit ends a handshake that a fault lets hang, where nobody else does.
const hangLimit = 10 * time.Minute

// tlsConfig is the server's side of TLS. Faults of the handshake choose another
// certificate, or none for a long time.
func (t *Tenant) tlsConfig(shown *certificates) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			f := t.faults.handshake()
			if f == nil {
				return &shown.good, nil
			}
			if bad, ok := shown.bad[f.Network]; ok {
				return &bad, nil
			}
			timer := time.NewTimer(hangLimit)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-t.done:
			case <-hello.Context().Done():
			}
			return nil, errors.New("the handshake hangs on purpose")
		},
		// A resumed session shows no certificate, so no fault could spoil it.
		SessionTicketsDisabled: true,
	}
}
