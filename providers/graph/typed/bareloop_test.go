package typed_test

import (
	"context"
	"database/sql"
	standard "encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
	_ "modernc.org/sqlite"
)

// barePage is as little as anybody could want of a page; attendees stay the text
// that they are.
type barePage[Raw ~[]byte] struct {
	Value []bareEvent[Raw] `json:"value"`
	Next  string           `json:"@odata.nextLink"`
}

type bareTime struct {
	DateTime string `json:"dateTime"`
}

type bareEvent[Raw ~[]byte] struct {
	ID             string   `json:"id"`
	ETag           string   `json:"@odata.etag"`
	ICalUID        string   `json:"iCalUId"`
	SeriesMasterID string   `json:"seriesMasterId"`
	Type           string   `json:"type"`
	Subject        string   `json:"subject"`
	ShowAs         string   `json:"showAs"`
	Sensitivity    string   `json:"sensitivity"`
	IsCancelled    bool     `json:"isCancelled"`
	IsAllDay       bool     `json:"isAllDay"`
	Start          bareTime `json:"start"`
	End            bareTime `json:"end"`
	Location       struct {
		DisplayName string `json:"displayName"`
	} `json:"location"`
	Organizer struct {
		EmailAddress struct {
			Name    string `json:"name"`
			Address string `json:"address"`
		} `json:"emailAddress"`
	} `json:"organizer"`
	OnlineMeeting struct {
		JoinURL string `json:"joinUrl"`
	} `json:"onlineMeeting"`
	Attendees Raw `json:"attendees"`
}

func (e *bareEvent[Raw]) columns(mailbox string) []any {
	return []any{mailbox, e.ID, e.ICalUID, e.SeriesMasterID, e.Type, e.Start.DateTime, e.End.DateTime, e.IsAllDay, e.Subject, e.ShowAs, e.Sensitivity,
		e.IsCancelled, e.Location.DisplayName, e.Organizer.EmailAddress.Name, e.Organizer.EmailAddress.Address, e.OnlineMeeting.JoinURL, []byte(e.Attendees), e.ETag}
}

const (
	eventTable = `CREATE TABLE event (mailbox TEXT, id TEXT, ical_uid TEXT, series TEXT, type TEXT, start TEXT, "end" TEXT, all_day INTEGER, subject TEXT,
		show_as TEXT, sensitivity TEXT, cancelled INTEGER, location TEXT, organizer_name TEXT, organizer TEXT, join_url TEXT, attendees TEXT, etag TEXT`
	insertEvent = `INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

type decoded struct {
	rows [][]any
	next string
}

// decodeFast is the decoder that roomdesk has too, without anything around it.
func decodeFast(r io.Reader, mailbox string) (decoded, error) {
	var page barePage[jsontext.Value]
	err := json.UnmarshalRead(r, &page)
	return rowsOf(&page, mailbox), err
}

// decodeStandard is what most people would take.
func decodeStandard(r io.Reader, mailbox string) (decoded, error) {
	var page barePage[standard.RawMessage]
	err := standard.NewDecoder(r).Decode(&page)
	return rowsOf(&page, mailbox), err
}

func rowsOf[Raw ~[]byte](page *barePage[Raw], mailbox string) decoded {
	d := decoded{next: page.Next}
	for i := range page.Value {
		d.rows = append(d.rows, page.Value[i].columns(mailbox))
	}
	return d
}

// bareLoop fetches, decodes and inserts, from eight workers into one connection, a
// page in a transaction. It knows no failure but the end, and nothing that was
// stored before.
func bareLoop(decode func(io.Reader, string) (decoded, error)) func(*bench, []string, string) (int, error) {
	return func(on *bench, mailboxes []string, file string) (int, error) {
		ctx := context.Background()
		db, insert, err := openFast(ctx, file, `CREATE INDEX event_start ON event (mailbox, start)`)
		if err != nil {
			return 0, err
		}
		defer db.Close()
		client := on.Client()
		defer client.CloseIdleConnections()
		var writing sync.Mutex
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(8)
		for _, mailbox := range mailboxes {
			group.Go(func() error {
				for link := on.View(mailbox, on.from, on.to); link != ""; {
					page, err := fetchPage(ctx, client, on.token, link, mailbox, decode)
					if err != nil {
						return err
					}
					if err := insertRows(ctx, db, insert, &writing, page.rows); err != nil {
						return err
					}
					link = page.next
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return 0, err
		}
		return count(db)
	}
}

func fetchPage(ctx context.Context, client *http.Client, token, link, mailbox string, decode func(io.Reader, string) (decoded, error)) (decoded, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return decoded{}, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header["Prefer"] = prefer
	resp, err := client.Do(req)
	if err != nil {
		return decoded{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return decoded{}, fmt.Errorf("status %d", resp.StatusCode)
	}
	return decode(resp.Body, mailbox)
}

// openFast makes a table in a database with the settings of somebody who knows
// SQLite.
func openFast(ctx context.Context, file, index string) (*sql.DB, *sql.Stmt, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-16000)")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range []string{eventTable + ")", index} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, nil, err
		}
	}
	insert, err := db.PrepareContext(ctx, insertEvent)
	return db, insert, err
}

func insertRows(ctx context.Context, db *sql.DB, insert *sql.Stmt, writing *sync.Mutex, rows [][]any) error {
	writing.Lock()
	defer writing.Unlock()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                      //nolint:errcheck // after Commit there is nothing to roll back
	statement := tx.StmtContext(ctx, insert) //nolint:sqlclosecheck // it ends with the transaction
	for _, row := range rows {
		if _, err := statement.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func count(db *sql.DB) (n int, err error) {
	return n, db.QueryRow(`SELECT count(*) FROM event`).Scan(&n)
}
