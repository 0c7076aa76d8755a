package typed_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/url"
	"sync"
	"time"

	abstractions "github.com/microsoft/kiota-abstractions-go"
	"github.com/microsoft/kiota-abstractions-go/authentication"
	kiotahttp "github.com/microsoft/kiota-http-go"
	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go-core"
	"github.com/microsoftgraph/msgraph-sdk-go/models"
	"github.com/microsoftgraph/msgraph-sdk-go/users"
	"golang.org/x/sync/errgroup"
)

// fixedToken signs every request with the same token.
type fixedToken string

func (t fixedToken) GetAuthorizationToken(context.Context, *url.URL, map[string]any) (string, error) {
	return string(t), nil
}

func (t fixedToken) GetAllowedHostsValidator() *authentication.AllowedHostsValidator { return nil }

// adapter is the SDK as its documentation sets it up, default middleware with it;
// only the certificate authority is the tenant's.
func adapter(on *bench) (*msgraphgocore.GraphRequestAdapterBase, error) {
	options := msgraphgocore.GraphClientOptions{}
	client := msgraphgocore.GetDefaultClient(&options)
	client.Transport = kiotahttp.NewCustomTransportWithParentTransport(on.Client().Transport, msgraphgocore.GetDefaultMiddlewaresWithOptions(&options)...)
	a, err := msgraphgocore.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(
		authentication.NewBaseBearerTokenAuthenticationProvider(fixedToken(on.token)), options,
		jsonserialization.NewJsonParseNodeFactory(), jsonserialization.NewJsonSerializationWriterFactory(), client)
	if err != nil {
		return nil, err
	}
	a.SetBaseUrl(on.GraphURL + "/v1.0")
	return a, nil
}

// iterate calls each with every event of a mailbox's window, by the SDK's page
// iterator.
func iterate(ctx context.Context, on *bench, a abstractions.RequestAdapter, mailbox string, each func(models.Eventable) error) error {
	from, to := on.from.UTC().Format(time.RFC3339), on.to.UTC().Format(time.RFC3339)
	wishes := abstractions.NewRequestHeaders()
	for _, wish := range prefer {
		wishes.Add("Prefer", wish)
	}
	first, err := users.NewUsersRequestBuilderInternal(map[string]string{}, a).ByUserId(mailbox).CalendarView().Delta().GetAsDeltaGetResponse(ctx,
		&users.ItemCalendarViewDeltaRequestBuilderGetRequestConfiguration{Headers: wishes,
			QueryParameters: &users.ItemCalendarViewDeltaRequestBuilderGetQueryParameters{StartDateTime: &from, EndDateTime: &to}})
	if err != nil {
		return err
	}
	pages, err := msgraphgocore.NewPageIterator[models.Eventable](first, a, users.CreateItemCalendarViewDeltaGetResponseFromDiscriminatorValue)
	if err != nil {
		return err
	}
	pages.SetHeaders(wishes)
	var failed error
	if err := pages.Iterate(ctx, func(e models.Eventable) bool {
		failed = each(e)
		return failed == nil
	}); err != nil {
		return err
	}
	return failed
}

// columnsOf are the same columns as the bare loop's.
func columnsOf(mailbox string, e models.Eventable) ([]any, error) {
	row := []any{mailbox, value(e.GetId()), value(e.GetICalUId()), value(e.GetSeriesMasterId()), "", "", "", value(e.GetIsAllDay()), value(e.GetSubject()), "", "",
		value(e.GetIsCancelled()), "", "", "", "", "", ""}
	if t := e.GetTypeEscaped(); t != nil {
		row[4] = t.String()
	}
	if t := e.GetStart(); t != nil {
		row[5] = value(t.GetDateTime())
	}
	if t := e.GetEnd(); t != nil {
		row[6] = value(t.GetDateTime())
	}
	if v := e.GetShowAs(); v != nil {
		row[9] = v.String()
	}
	if v := e.GetSensitivity(); v != nil {
		row[10] = v.String()
	}
	if l := e.GetLocation(); l != nil {
		row[12] = value(l.GetDisplayName())
	}
	if o := e.GetOrganizer(); o != nil && o.GetEmailAddress() != nil {
		row[13], row[14] = value(o.GetEmailAddress().GetName()), value(o.GetEmailAddress().GetAddress())
	}
	if m := e.GetOnlineMeeting(); m != nil {
		row[15] = value(m.GetJoinUrl())
	}
	type person struct{ Name, Address string }
	var people []person
	for _, a := range e.GetAttendees() {
		if p := a.GetEmailAddress(); p != nil {
			people = append(people, person{value(p.GetName()), value(p.GetAddress())})
		}
	}
	text, err := json.Marshal(people)
	row[16] = text
	if etag, ok := e.GetAdditionalData()["@odata.etag"].(*string); ok {
		row[17] = value(etag)
	}
	return row, err
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// naiveLoop is the first thing that comes to mind: one mailbox after another, each
// event inserted as it comes, into a table with a key, with the settings that a
// new database has.
func naiveLoop(on *bench, mailboxes []string, file string) (int, error) {
	ctx := context.Background()
	a, err := adapter(on)
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, eventTable+", PRIMARY KEY (mailbox, id))"); err != nil {
		return 0, err
	}
	for _, mailbox := range mailboxes {
		if err := iterate(ctx, on, a, mailbox, func(e models.Eventable) error {
			row, err := columnsOf(mailbox, e)
			if err != nil {
				return err
			}
			_, err = db.ExecContext(ctx, insertEvent, row...)
			return err
		}); err != nil {
			return 0, err
		}
	}
	return count(db)
}

// carefulLoop is the same by somebody who measured: eight mailboxes at a time, a
// write-ahead log, a prepared statement, and one transaction for a mailbox, which
// is not open while the network is waited for.
func carefulLoop(on *bench, mailboxes []string, file string) (int, error) {
	ctx := context.Background()
	a, err := adapter(on)
	if err != nil {
		return 0, err
	}
	db, insert, err := openFast(ctx, file, `CREATE UNIQUE INDEX event_id ON event (mailbox, id)`)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var writing sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, mailbox := range mailboxes {
		group.Go(func() error {
			var rows [][]any
			if err := iterate(ctx, on, a, mailbox, func(e models.Eventable) error {
				row, err := columnsOf(mailbox, e)
				rows = append(rows, row)
				return err
			}); err != nil {
				return err
			}
			return insertRows(ctx, db, insert, &writing, rows)
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	return count(db)
}
