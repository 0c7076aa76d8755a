package sync_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"roomdesk/providers"
	"roomdesk/providers/simulator"
	"roomdesk/providers/zones"
	"roomdesk/sync"
)

// provider is what the mirror is read by.
type provider interface {
	sync.Source
	Close() error
}

// service is the root of what the provider asks.
func (w *wired) service() string {
	at := w.tenant.Endpoints()
	if !w.exchange {
		return at.GraphURL
	}
	return strings.TrimSuffix(at.EWSURL, "/EWS/Exchange.asmx")
}

// soap is a request of the people in a mailbox's name, and gives the id of the item
// that it names.
func (w *wired) soap(mailbox providers.Address, body string) string {
	w.t.Helper()
	at := w.tenant.Endpoints()
	text := `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header>` +
		`<t:RequestServerVersion Version="Exchange2013_SP1"/><t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>` + string(mailbox) +
		`</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	req, err := http.NewRequest(http.MethodPost, at.EWSURL, strings.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	req.SetBasicAuth(at.ExchangeLogin, at.ExchangePassword)
	req.Header.Set("Content-Type", "text/xml; charset=utf-8")
	resp, err := w.mine.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || !bytes.Contains(answer, []byte(`ResponseClass="Success"`)) {
		w.t.Fatalf("%s: %d %s %v", body, resp.StatusCode, answer, err)
	}
	_, rest, _ := strings.Cut(string(answer), `ItemId Id="`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// createBySOAP makes an event of what Graph would be told.
func (w *wired) createBySOAP(mailbox providers.Address, in map[string]any) string {
	w.t.Helper()
	zone, windows := time.UTC, "UTC"
	side := func(name string) string {
		at := in[name].(map[string]any)
		named := at["timeZone"].(string)
		var err error
		if zone, err = zones.Location(named); err != nil {
			w.t.Fatal(err)
		}
		windows = zones.WindowsZone(zone.String())
		local, err := time.ParseInLocation("2006-01-02T15:04:05", at["dateTime"].(string), zone)
		if err != nil {
			w.t.Fatal(err)
		}
		return instant(local)
	}
	start, end := side("start"), side("end")
	day := "<t:IsAllDayEvent>" + fmt.Sprint(in["isAllDay"] == true) + "</t:IsAllDayEvent>"
	series := ""
	if rule, ok := in["recurrence"].(map[string]any); ok {
		pattern, span := rule["pattern"].(map[string]any), rule["range"].(map[string]any)
		switch pattern["type"] {
		case "daily":
			series = fmt.Sprintf("<t:DailyRecurrence><t:Interval>%v</t:Interval></t:DailyRecurrence>", pattern["interval"])
		case "weekly":
			weekday := pattern["daysOfWeek"].([]string)[0]
			series = fmt.Sprintf("<t:WeeklyRecurrence><t:Interval>%v</t:Interval><t:DaysOfWeek>%s</t:DaysOfWeek></t:WeeklyRecurrence>", pattern["interval"], strings.ToUpper(weekday[:1])+weekday[1:])
		case "absoluteYearly":
			series = fmt.Sprintf("<t:AbsoluteYearlyRecurrence><t:DayOfMonth>%v</t:DayOfMonth><t:Month>%v</t:Month></t:AbsoluteYearlyRecurrence>", pattern["dayOfMonth"], time.Month(pattern["month"].(int)))
		default:
			w.t.Fatalf("%v is no pattern of the stories", pattern["type"])
		}
		series = fmt.Sprintf("<t:Recurrence>%s<t:NoEndRecurrence><t:StartDate>%v</t:StartDate></t:NoEndRecurrence></t:Recurrence>", series, span["startDate"])
	}
	return w.soap(mailbox, fmt.Sprintf(`<m:CreateItem SendMeetingInvitations="SendToNone"><m:Items><t:CalendarItem><t:Subject>%s</t:Subject><t:Start>%s</t:Start><t:End>%s</t:End>%s%s<t:StartTimeZone Id="%s"/><t:EndTimeZone Id="%s"/></t:CalendarItem></m:Items></m:CreateItem>`,
		in["subject"], start, end, day, series, windows, windows))
}

// updateBySOAP sets properties, given as field and element.
func (w *wired) updateBySOAP(mailbox providers.Address, id string, fields ...string) {
	w.t.Helper()
	sets := ""
	for i := 0; i+1 < len(fields); i += 2 {
		sets += `<t:SetItemField><t:FieldURI FieldURI="` + fields[i] + `"/><t:CalendarItem>` + fields[i+1] + `</t:CalendarItem></t:SetItemField>`
	}
	w.soap(mailbox, `<m:UpdateItem ConflictResolution="AlwaysOverwrite" SendMeetingInvitationsOrCancellations="SendToNone"><m:ItemChanges><t:ItemChange><t:ItemId Id="`+id+`"/><t:Updates>`+
		sets+`</t:Updates></t:ItemChange></m:ItemChanges></m:UpdateItem>`)
}

// inject switches a fault on, in the words of the service that is asked.
func (w *wired) inject(f simulator.Fault) (remove func()) {
	if w.hybrid && f.Mailbox == "" { // on both sides
		first, second := w.tenant.Inject(f), w.tenant.Inject(inExchange(f))
		return func() { first(); second() }
	}
	if w.local(providers.Address(f.Mailbox)) {
		f = inExchange(f)
	}
	return w.tenant.Inject(f)
}

// exchangePaths are the places where Graph's faults happen in Exchange.
func exchangePaths() map[string]string {
	return map[string]string{
		view: "**/*Item*", delta: "**/SyncFolderItems", "/places/**": "**/GetRoom*", "/getSchedule": "**/GetUserAvailability", "/users/**": "/EWS/**", "/v1.0/**": "/EWS/**",
	}
}

// inExchange says a fault in Exchange's words: what has a code is a SOAP fault.
func inExchange(f simulator.Fault) simulator.Fault {
	if path, ok := exchangePaths()[f.Path]; ok {
		f.Path = path
	}
	if f.Fail != nil && f.Fail.Code != "" && f.Fail.Body == "" && f.Delta == "" {
		said := *f.Fail
		switch {
		case said.Status == 429:
			said.Code = "ErrorServerBusy"
		case said.Code == "MailboxStoreUnavailable":
			said.Code = "ErrorMailboxStoreUnavailable"
		case !strings.HasPrefix(said.Code, "Error"):
			said.Code = "ErrorInternalServerTransientError"
		}
		said.Status = 500
		f.Fail = &said
	}
	return f
}

// trueID is the id that the mirror has of an event: the immutable one of Graph; Exchange
// knows one that changes with the folder, and dates by their series, which the mirror
// names in its own way.
func trueID(tenant *simulator.Tenant, mailbox providers.Address, ev simulator.TruthEvent) string {
	if _, exchange := tenant.ExchangeSettings(); !exchange || !onPremises(tenant, mailbox) {
		return ev.ImmutableID
	}
	if ev.Type == "singleInstance" {
		return exchangeID(ev.ID)
	}
	return "a date"
}

// exchangeID writes Graph's id of an item as Exchange does.
func exchangeID(id string) string { return strings.NewReplacer("-", "/", "_", "+").Replace(id) }

// id is by which the people name an event to their service.
func (w *wired) id(mailbox providers.Address, ev simulator.TruthEvent) string {
	if w.local(mailbox) {
		return exchangeID(ev.ID)
	}
	return ev.ImmutableID
}

func mirrorID(id string) string {
	if strings.Contains(id, "!") {
		return "a date"
	}
	return id
}
