package simulator

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What Exchange shows of a calendar is what Graph shows: the same entries, times,
// people, answers and ids.
func TestExchangeShowsTheSameCalendarAsGraph(t *testing.T) {
	tenant, graph := start(t, Options{Seed: 3, Exchange: ExchangeOnline})
	from, to := tenant.around()
	for _, box := range []string{tenant.Rooms()[0].Mailbox, tenant.People()[0].Mailbox, tenant.People()[2].Mailbox} {
		ews := exchangeClient(t, tenant).impersonating(box)
		list, _ := graph.all(viewPath(box, from, to))
		answer := ews.ask(viewOf("", from, to, allProperties)).want(t, "NoError")
		items := answer.all("CalendarItem")
		if len(items) != len(list) || len(items) == 0 {
			t.Fatalf("%s: Exchange shows %d entries, Graph %d", box, len(items), len(list))
		}
		byID := map[string]object{}
		for _, v := range list {
			byID[v["id"].(string)] = v
		}
		var ids []string
		for _, item := range items {
			id := item.find("ItemId").attr["Id"]
			ids = append(ids, `<t:ItemId Id="`+id+`"/>`)
			v := byID[strings.NewReplacer("/", "-", "+", "_").Replace(id)]
			if v == nil {
				t.Fatalf("%s: Graph does not show the item %s", box, id)
			}
			if v["isAllDay"] == true {
				continue // midnights are told in another way
			}
			got := []string{item.value("Subject"), item.value("Start")[:19], item.value("End")[:19], strings.ToLower(item.value("LegacyFreeBusyStatus"))}
			want := []string{v["subject"].(string), dig(v, "start", "dateTime").(string)[:19], dig(v, "end", "dateTime").(string)[:19], strings.ToLower(v["showAs"].(string))}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, Graph has %q", box, got, want)
			}
			if uid := v["iCalUId"].(string); v["type"] == "singleInstance" && item.value("UID") != uid {
				t.Errorf("%s: the UID is %s, Graph has %s", box, item.value("UID"), uid)
			}
		}
		full := ews.ask(`<m:GetItem><m:ItemShape>` + allProperties + `</m:ItemShape><m:ItemIds>` + strings.Join(ids, "") + `</m:ItemIds></m:GetItem>`)
		for n, item := range full.all("CalendarItem") {
			v := byID[strings.NewReplacer("/", "-", "+", "_").Replace(item.find("ItemId").attr["Id"])]
			if got, want := len(item.all("Attendee")), len(v["attendees"].([]any)); got != want {
				t.Errorf("item %d has %d attendees, Graph %d", n, got, want)
			}
			if got, want := item.value("Organizer", "EmailAddress"), dig(v, "organizer", "emailAddress", "address"); got != want {
				t.Errorf("item %d: organiser %s, Graph %s", n, got, want)
			}
		}
	}
}

func TestExchangeDirectory(t *testing.T) {
	tenant := startWith(t, Options{Seed: 1, Exchange: ExchangeOnPremises})
	ews := exchangeClient(t, tenant)
	lists := ews.ask(`<m:GetRoomLists/>`).want(t, "NoError").all("Address")
	if len(lists) == 0 {
		t.Fatal("no room lists")
	}
	rooms := 0
	for _, l := range lists {
		answer := ews.ask(`<m:GetRooms><m:RoomList><t:EmailAddress>`+l.value("EmailAddress")+`</t:EmailAddress></m:RoomList></m:GetRooms>`).want(t, "NoError")
		rooms += len(answer.all("Room"))
	}
	if rooms != len(tenant.Rooms()) {
		t.Errorf("%d rooms in all lists, want %d", rooms, len(tenant.Rooms()))
	}
	ews.ask(`<m:GetRooms><m:RoomList><t:EmailAddress>none@contoso.example</t:EmailAddress></m:RoomList></m:GetRooms>`).want(t, "ErrorNameResolutionNoResults")

	person := tenant.People()[0]
	resolve := func(entry string) *element {
		return ews.ask(`<m:ResolveNames ReturnFullContactData="true" SearchScope="ActiveDirectory"><m:UnresolvedEntry>` + entry + `</m:UnresolvedEntry></m:ResolveNames>`)
	}
	if got := resolve("smtp:"+person.Mailbox).want(t, "NoError").value("Mailbox", "EmailAddress"); got != person.Mailbox {
		t.Errorf("resolved %s, want %s", got, person.Mailbox)
	}
	resolve("nobody at all").want(t, "ErrorNameResolutionNoResults")
	several := resolve(tenant.Endpoints().Domain[:1]).find("ResolveNamesResponseMessage") // a letter that names begin with
	if several != nil && several.attr["ResponseClass"] == "Warning" && len(several.all("Resolution")) < 2 {
		t.Error("a warning of several results without them")
	}
	found := ews.ask(`<m:FindPeople><m:IndexedPageItemView MaxEntriesReturned="10" Offset="0" BasePoint="Beginning"/><m:ParentFolderId><t:DistinguishedFolderId Id="directory"/></m:ParentFolderId><m:QueryString>`+
		strings.Fields(person.Name)[0]+`</m:QueryString></m:FindPeople>`).want(t, "NoError")
	if len(found.all("Persona")) == 0 {
		t.Error("FindPeople finds nobody")
	}
}

func TestExchangeTimeZones(t *testing.T) {
	tenant := startWith(t, Options{Exchange: ExchangeOnPremises, Now: func() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }})
	ews := exchangeClient(t, tenant)
	all := ews.ask(`<m:GetServerTimeZones ReturnFullTimeZoneData="true"/>`).want(t, "NoError")
	if n := len(all.all("TimeZoneDefinition")); n < 130 {
		t.Errorf("%d zones", n)
	}
	berlin := ews.ask(`<m:GetServerTimeZones ReturnFullTimeZoneData="true"><m:Ids><t:Id>W. Europe Standard Time</t:Id></m:Ids></m:GetServerTimeZones>`).want(t, "NoError")
	var got []string
	for _, turn := range berlin.all("RecurringDayTransition") {
		got = append(got, turn.value("To")[len(turn.value("To"))-8:]+turn.value("TimeOffset")+" "+turn.value("Month")+" "+turn.value("DayOfWeek")+" "+turn.value("Occurrence"))
	}
	if want := []string{"DaylightPT2H 3 Sunday -1", "StandardPT3H 10 Sunday -1"}; !slices.Equal(got, want) {
		t.Errorf("Berlin's changes: %q, want %q", got, want)
	}
	if got := berlin.find("Period").attr["Bias"]; got != "-PT1H" {
		t.Errorf("Berlin's bias is %s", got)
	}
}
