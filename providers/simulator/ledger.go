package simulator

import (
	"sync"
	"time"
)

// Entry is one request as the tenant saw it. Parts of a batch have entries of
// their own. Times are of the tenant's clock, in UTC.
type Entry struct {
	N               int64     `json:"n"` // 1 for the first request
	At              time.Time `json:"at"`
	Method          string    `json:"method"`
	Path            string    `json:"path"`
	Operation       string    `json:"operation,omitempty"` // of Exchange Web Services
	Folder          string    `json:"folder,omitempty"`    // the well-known folders that it names, "calendar inbox"
	Query           string    `json:"query,omitempty"`
	Mailbox         string    `json:"mailbox,omitempty"`
	Caller          string    `json:"caller,omitempty"` // client id
	Token           string    `json:"token,omitempty"`  // short hash
	ClientRequestID string    `json:"client_request_id,omitempty"`
	RequestID       string    `json:"request_id"`
	TransactionID   string    `json:"transaction_id,omitempty"`
	Prefer          string    `json:"prefer,omitempty"`
	// Batch is the request id of the batch that this was a part of.
	Batch string `json:"batch,omitempty"`
	// Status is what was answered; 0 while it runs, and where no answer was sent.
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"` // Graph's error code
	// Effect says what the request did to the tenant, for example "created event".
	Effect string `json:"effect,omitempty"`
	Event  string `json:"event,omitempty"` // iCalUId of the event concerned
	Fault  string `json:"fault,omitempty"` // the injected fault, if any
	// Concurrency is how many requests of this caller to this mailbox were in
	// flight at its arrival, itself included.
	Concurrency int `json:"concurrency,omitempty"`
	// AppConcurrency is the same for all requests of the caller.
	AppConcurrency int `json:"app_concurrency,omitempty"`
	// Early is true where the request came before the time that an earlier
	// Retry-After for the mailbox had named.
	Early bool `json:"early,omitempty"`
	// Retry counts the earlier requests with the same transactionId or, without
	// one, the same client-request-id.
	Retry     int    `json:"retry,omitempty"`
	BytesIn   int    `json:"bytes_in,omitempty"`  // of the body as it came
	BytesOut  int    `json:"bytes_out,omitempty"` // of the body as it was sent
	Host      string `json:"host,omitempty"`
	HTTP      string `json:"http,omitempty"` // "HTTP/2.0"
	TLS       string `json:"tls,omitempty"`  // "TLS 1.3"
	UserAgent string `json:"user_agent,omitempty"`
}

// maxLedger bounds the entries that are kept; the counts go on.
const maxLedger = 200_000

// ledger keeps the latest requests. An entry becomes visible when its request
// begins and is complete when it is finished.
type ledger struct {
	mu    sync.Mutex
	count int64
	done  []*Entry // a ring once it is full; finished entries do not change
	next  int
	open  map[*Entry]bool
	// past counts requests by what names them across tries.
	past  map[string]int
	total int64         // finished since the start, those forgotten included
	wake  chan struct{} // closed at the next finish; nil while nobody follows
}

func newLedger() *ledger { return &ledger{open: map[*Entry]bool{}, past: map[string]int{}} }

// tried counts a request among those with the same name. The lock is held.
func (l *ledger) tried(e *Entry) {
	name := "t" + e.TransactionID
	if e.TransactionID == "" {
		if name = "c" + e.ClientRequestID; e.ClientRequestID == "" {
			return
		}
	}
	if len(l.past) >= maxLedger {
		clear(l.past)
	}
	e.Retry = l.past[name]
	l.past[name]++
}

// begin numbers an entry. It may change until it is finished.
func (l *ledger) begin(e *Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	e.N = l.count
	l.open[e] = true
}

// finish stores the entry's last state.
func (l *ledger) finish(e *Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open[e] {
		return
	}
	delete(l.open, e)
	l.tried(e)
	l.total++
	if l.wake != nil {
		close(l.wake)
		l.wake = nil
	}
	if len(l.done) < maxLedger {
		l.done = append(l.done, e)
		return
	}
	l.done[l.next] = e
	l.next = (l.next + 1) % maxLedger
}

// Ledger gives the finished requests in the order in which they finished: all of
// them, or the latest 200,000.
func (t *Tenant) Ledger() []Entry {
	l := t.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Entry, len(l.done))
	for i := range out {
		out[i] = *l.done[(l.next+i)%len(l.done)]
	}
	return out
}

// Requests counts all requests since start, parts of batches included.
func (t *Tenant) Requests() int64 {
	t.ledger.mu.Lock()
	defer t.ledger.mu.Unlock()
	return t.ledger.count
}
