package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"
)

// batchJobs bounds how many waiting jobs share one transaction.
const batchJobs = 64

var (
	errClosed   = errors.New("the local store is closed")
	errReplaced = errors.New("the file of the local store was removed or replaced while it was open")
	errLogBusy  = errors.New("after trouble with the disk the local store waits for other programs that read it")
)

// job is one write. run may be called a second time, after a rollback, and must
// then start from the beginning.
type job struct {
	durable bool
	run     func(*batch) error
	done    chan error
}

// writer owns the only connection that writes. Jobs that wait while it is busy
// share the next transaction; a job alone is written at once.
type writer struct {
	path    string
	busy    time.Duration
	met     func(error)
	disturb func() error
	jobs    chan *job

	mu     sync.RWMutex // guards closed against sends
	closed bool
	ended  chan error

	db    *sql.DB
	file  os.FileInfo // that db has open
	batch *batch
	full  bool // synchronous=FULL is set
	// doubt: the disk failed, so that a part of the log may never get there,
	// whatever a later sync says.
	doubt bool
	owes  bool // something that is to last is in the log alone
}

func newWriter(path string, busy time.Duration, met func(error), disturb func() error) (*writer, error) {
	w := &writer{path: path, busy: busy, met: met, disturb: disturb, jobs: make(chan *job, batchJobs), ended: make(chan error, 1)}
	if err := w.open(); err != nil {
		return nil, err
	}
	go w.loop()
	return w, nil
}

func (w *writer) open() error {
	db, err := connect(w.path, false, 1, w.busy)
	if err != nil {
		return err
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		return errors.Join(err, db.Close())
	}
	w.db, w.full = db, false
	if w.file == nil { // the first to be opened is the one that readers have, too
		if w.file, err = os.Stat(w.path); err != nil {
			return errors.Join(err, conn.Close(), db.Close())
		}
	}
	w.batch = &batch{conn: conn, statements: map[string]*sql.Stmt{}}
	return nil
}

// do runs a write and returns once it is committed; with durable, once it is on
// the disk. A write that began is not undone when ctx ends.
func (w *writer) do(ctx context.Context, durable bool, run func(*batch) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{durable: durable, run: run, done: make(chan error, 1)}
	w.mu.RLock()
	if w.closed {
		w.mu.RUnlock()
		return errClosed
	}
	w.jobs <- j
	w.mu.RUnlock()
	return <-j.done
}

func (w *writer) loop() {
	for first := range w.jobs {
		jobs := []*job{first}
	collect:
		for len(jobs) < batchJobs {
			select {
			case j, ok := <-w.jobs:
				if !ok {
					break collect
				}
				jobs = append(jobs, j)
			default:
				break collect
			}
		}
		w.commit(jobs)
		for _, j := range jobs {
			w.owes = w.owes || j.durable
		}
		if w.owes && len(w.jobs) == 0 {
			w.rest()
		}
	}
	w.ended <- w.shut()
}

// commit writes the jobs in one transaction. Where that fails, each gets one of
// its own, so that one bad job does not fail its neighbours.
func (w *writer) commit(jobs []*job) {
	err := w.transaction(jobs)
	if err != nil && len(jobs) > 1 {
		for _, j := range jobs {
			j.done <- w.transaction([]*job{j})
		}
		return
	}
	for _, j := range jobs {
		j.done <- err
	}
}

func (w *writer) transaction(jobs []*job) (err error) {
	defer func() {
		if err != nil {
			w.met(err)
			w.doubt = w.doubt || primaryCode(err) == sqlite3.SQLITE_IOERR
		}
	}()
	durable := false
	for _, j := range jobs {
		durable = durable || j.durable
	}
	if durable || w.batch == nil {
		// Whoever removed or replaced the file left us one that nobody finds again.
		if now, err := os.Stat(w.path); err != nil || !os.SameFile(now, w.file) {
			w.discard()
			return errors.Join(errReplaced, err)
		}
	}
	if w.batch == nil {
		if err := w.open(); err != nil {
			return err
		}
	}
	if w.doubt {
		if err := renewLog(context.Background(), w.batch.conn); err != nil {
			w.discard()
			return err
		}
		w.doubt = false
	}
	if err := w.synchronous(durable); err != nil {
		w.discard()
		return err
	}
	if err := w.batch.exec("BEGIN IMMEDIATE"); err != nil {
		if primaryCode(err) != sqlite3.SQLITE_BUSY {
			w.discard()
		}
		return err
	}
	for _, j := range jobs {
		if err := w.run(j); err != nil {
			if rollback := w.batch.exec("ROLLBACK"); rollback != nil {
				// Disk full and I/O errors have rolled back by themselves; a new
				// connection is the sure way to a known state.
				w.discard()
			}
			return err
		}
	}
	if err := w.commitBatch(); err != nil {
		// Whether it happened is not known: what the disk holds is read by a new
		// connection, never from this one's cache.
		w.discard()
		return err
	}
	return nil
}

func (w *writer) commitBatch() error {
	if w.disturb != nil {
		if err := w.disturb(); err != nil {
			return err
		}
	}
	return w.batch.exec("COMMIT")
}

// run turns a panic into an error: the transaction is rolled back, and the other
// writers go on.
func (w *writer) run(j *job) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error while writing: %v", r)
		}
	}()
	return j.run(w.batch)
}

func (w *writer) synchronous(full bool) error {
	if w.full == full {
		return nil
	}
	mode := "PRAGMA synchronous=NORMAL"
	if full {
		mode = "PRAGMA synchronous=FULL"
	}
	// Not through a kept statement: a pragma may act while it is prepared.
	_, err := w.batch.conn.ExecContext(context.Background(), mode)
	if err == nil {
		w.full = full
	}
	return err
}

// rest copies the log into the database while nobody waits: what is to last shall
// not hang on the log alone, of which SQLite drops without a word what is damaged.
func (w *writer) rest() {
	w.owes = false
	if w.batch == nil {
		return
	}
	if _, err := w.batch.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
		w.met(err)
		w.doubt = true
		w.discard()
	}
}

// renewLog copies the log into the database, to the disk, and begins an empty one:
// no later write rests on what a failing disk may have dropped from the old.
func renewLog(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) error {
	var busy, frames, copied int
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied); err != nil {
		return err
	}
	if busy != 0 {
		return errLogBusy
	}
	return nil
}

// discard closes a connection whose state is in doubt; the next write opens a
// new one.
func (w *writer) discard() {
	if w.batch != nil {
		w.batch.close()
		w.met(w.db.Close())
		w.batch, w.db = nil, nil
	}
}

func (w *writer) close(context.Context) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	close(w.jobs)
	w.mu.Unlock()
	return <-w.ended
}

// shut tidies up: SQLite copies the log back and removes it with the last
// connection.
func (w *writer) shut() error {
	if w.batch == nil {
		return nil
	}
	_, err := w.batch.conn.ExecContext(context.Background(), "PRAGMA optimize")
	if primaryCode(err) == sqlite3.SQLITE_BUSY {
		err = nil // another program holds it: the next end tidies up
	}
	w.batch.close()
	return errors.Join(err, w.db.Close())
}

// batch is an open transaction as a job sees it. Statements are prepared once
// for the connection. It takes no context: a statement that is cut in the middle
// would spoil the batch for its neighbours.
type batch struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func (b *batch) prepare(query string) (*sql.Stmt, error) {
	if statement, ok := b.statements[query]; ok {
		return statement, nil
	}
	statement, err := b.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	b.statements[query] = statement
	return statement, nil
}

func (b *batch) exec(query string, args ...any) error {
	_, err := b.affected(query, args...)
	return err
}

// affected returns how many rows were changed.
func (b *batch) affected(query string, args ...any) (int64, error) {
	statement, err := b.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := statement.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insert returns the new row's id.
func (b *batch) insert(query string, args ...any) (int64, error) {
	statement, err := b.prepare(query)
	if err != nil {
		return 0, err
	}
	result, err := statement.Exec(args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (b *batch) row(query string, args ...any) rowScanner {
	statement, err := b.prepare(query)
	if err != nil {
		return failedRow{err}
	}
	return statement.QueryRow(args...)
}

// each calls scan for every row.
func (b *batch) each(query string, args []any, scan func(rowScanner) error) error {
	statement, err := b.prepare(query)
	if err != nil {
		return err
	}
	rows, err := statement.Query(args...)
	if err != nil {
		return err
	}
	return eachRow(rows, scan)
}

func eachRow(rows *sql.Rows, scan func(rowScanner) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (b *batch) close() {
	for _, statement := range b.statements {
		statement.Close()
	}
	b.conn.Close()
}

type rowScanner interface{ Scan(...any) error }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// write runs a write of the mirror.
func (s *Store) write(ctx context.Context, op string, run func(*batch) error) error {
	return s.writing(ctx, op, false, run)
}

// Responds returns once everything that was to be written before is, or has
// failed. It writes nothing.
func (s *Store) Responds(ctx context.Context) error {
	if s.writer == nil {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		// That nothing can be written is an answer, too.
		_ = s.writer.do(ctx, false, func(*batch) error { return nil })
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return failure("waiting for the local store", ctx.Err())
	}
}

func (s *Store) writing(ctx context.Context, op string, durable bool, run func(*batch) error) error {
	if s.writer == nil {
		return failure(op, errors.New("the local store is open for reading only"))
	}
	return failure(op, s.writer.do(ctx, durable, run))
}
