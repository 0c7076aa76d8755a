package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"roomdesk/providers"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // a Monday

const heads = "Mailbox,AutomateProcessing,AllowConflicts,ConflictPercentageAllowed,MaximumConflictInstances,BookingWindowInDays,MaximumDurationInMinutes,AllowRecurringMeetings," +
	"EnforceSchedulingHorizon,ScheduleOnlyDuringWorkHours,EnforceCapacity,AllBookInPolicy,AllRequestInPolicy,AllRequestOutOfPolicy,BookInPolicy,RequestInPolicy,RequestOutOfPolicy,ResourceDelegates\n"

// An export is read as PowerShell writes it: quoted or not, with a type line, with
// semicolons, in UTF-16, as JSON of one room or of many.
func TestReadsWhatPowerShellWrites(t *testing.T) {
	row := `"Aalto@contoso.com","AutoAccept","False","10","2","60","120","True","True","True","True","False","True","False","adele@contoso.com;bob@contoso.com","","","desk@contoso.com"` + "\n"
	plain := heads + row
	utf16le := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(plain)) {
		utf16le = append(utf16le, byte(u), byte(u>>8))
	}
	object := `{"PrimarySmtpAddress":"aalto@contoso.com","AutomateProcessing":"AutoAccept","AllowConflicts":false,"ConflictPercentageAllowed":10,"MaximumConflictInstances":2,"BookingWindowInDays":60,
		"MaximumDurationInMinutes":120,"AllowRecurringMeetings":true,"EnforceSchedulingHorizon":true,"ScheduleOnlyDuringWorkHours":true,"EnforceCapacity":true,"AllBookInPolicy":false,"AllRequestInPolicy":true,
		"AllRequestOutOfPolicy":false,"BookInPolicy":["adele@contoso.com","bob@contoso.com"],"RequestInPolicy":null,"RequestOutOfPolicy":[],"ResourceDelegates":["desk@contoso.com"]}`
	for name, text := range map[string]string{
		"csv": plain, "windows": strings.ReplaceAll(plain, "\n", "\r\n"), "type line": "#TYPE Selected.System.Object\r\n" + plain, "mark": "\xef\xbb\xbf" + plain,
		"utf-16": string(utf16le), "one object": object, "a list": "[" + object + "]",
		"semicolons": strings.ReplaceAll(strings.ReplaceAll(heads, ",", ";")+strings.ReplaceAll(row, `","`, `";"`), "\n", "\r\n"),
	} {
		got, err := Read(strings.NewReader(text), noon)
		if err != nil || len(got.Rules) != 1 || len(got.Problems) != 0 || len(got.Assumed) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		r := got.Rules[0]
		if r.Mailbox != "aalto@contoso.com" || !r.Imported.Equal(noon) || r.BookingWindowInDays != 60 || r.MaximumDurationInMinutes != 120 || r.ConflictPercentageAllowed != 10 || r.MaximumConflictInstances != 2 ||
			!r.ScheduleOnlyDuringWorkHours || !r.EnforceCapacity || r.AllBookInPolicy || !r.AllRequestInPolicy || !slices.Equal(r.BookInPolicy, []string{"adele@contoso.com", "bob@contoso.com"}) ||
			len(r.RequestInPolicy) != 0 || !slices.Equal(r.ResourceDelegates, []string{"desk@contoso.com"}) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// What an export does not have is Exchange's default, and said to be assumed; what
// it has wrong loses this room only.
func TestReadKeepsWhatIsRight(t *testing.T) {
	got, err := Read(strings.NewReader("Identity,AutomateProcessing,MaximumDurationInMinutes,BookInPolicy\na@x.org,AutoAccept,60,\nb@x.org,Perhaps,60,\nKitchen,AutoAccept,60,\na@x.org,None,60,\nc@x.org,None,-1,\n"+
		"d@x.org,AutoAccept,60,System.Object[]\n"), noon)
	if err != nil || len(got.Rules) != 1 || got.Rules[0].MaximumDurationInMinutes != 60 || got.Rules[0].BookingWindowInDays != 180 || !got.Rules[0].AllBookInPolicy {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(got.Problems) != 5 {
		t.Errorf("problems: %q", got.Problems)
	}
	if !slices.Contains(got.Assumed, "BookingWindowInDays") || slices.Contains(got.Assumed, "MaximumDurationInMinutes") {
		t.Errorf("assumed: %v", got.Assumed)
	}
	for name, text := range map[string]string{
		"nothing": " \n", "no export": "Name,Seats\nAalto,4\n", "no room": "Mailbox,AutomateProcessing\nAalto,AutoAccept\n", "half a list": `[{"Mailbox":`, "no text": "Mailbox\xff\xfd", "only heads": heads,
		"half a quote": "Mailbox,AutomateProcessing\n\"a@x.org,AutoAccept\n",
	} {
		if got, err := Read(strings.NewReader(text), noon); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// A value that is none of its column loses the room, and nothing is put in its place;
// kinds are read as the numbers by which Windows PowerShell writes them, too.
func TestReadRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for entry, ok := range map[string]bool{
		`"AllowConflicts":"perhaps"`: false, `"AllowConflicts":1`: false, `"AllowConflicts":"$true"`: true, `"AllowConflicts":""`: true, `"AllowConflicts":null`: true,
		`"BookingWindowInDays":1.5`: false, `"BookingWindowInDays":-1.5`: false, `"BookingWindowInDays":1080`: true, `"BookingWindowInDays":1081`: false, `"BookingWindowInDays":-1`: false, `"BookingWindowInDays":true`: false, `"BookingWindowInDays":" 30 "`: true,
		`"BookInPolicy":7`: false, `"BookInPolicy":[7]`: false, `"BookInPolicy":"Microsoft.Exchange.Data"`: false,
	} {
		got, err := Read(strings.NewReader(`[{"Mailbox":"a@x.org","AutomateProcessing":"AutoAccept"},{"Mailbox":"b@x.org","AutomateProcessing":"AutoAccept",`+entry+`}]`), noon)
		if err != nil || (len(got.Rules) == 2) != ok || (len(got.Problems) == 0) != ok {
			t.Errorf("%s: %d rooms, %q, %v", entry, len(got.Rules), got.Problems, err)
		}
	}
	for number, kind := range map[string]string{"0": "None", "1": "AutoUpdate", "2": "AutoAccept", "3": ""} {
		got, err := Read(strings.NewReader(`{"Mailbox":"a@x.org","AutomateProcessing":`+number+`}`), noon)
		if kind == "" && err == nil || kind != "" && (err != nil || got.Rules[0].AutomateProcessing != kind) {
			t.Errorf("%s: %+v, %v", number, got.Rules, err)
		}
	}
}

// FuzzRead: whatever comes, reading ends, and what it gives holds together.
func FuzzRead(f *testing.F) {
	f.Add([]byte(heads + "a@x.org,AutoAccept,False,0,0,180,1440,True,True,False,False,True,False,False,,,,\n"))
	f.Add([]byte(`[{"Mailbox":"a@x.org","AutomateProcessing":2,"BookInPolicy":["x"]}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Read(strings.NewReader(string(raw)), noon)
		if err == nil && len(got.Rules) == 0 {
			t.Fatal("no error and no rules")
		}
		for n, r := range got.Rules {
			if r.BookingWindowInDays < 0 || r.MaximumDurationInMinutes < 0 || r.Mailbox == "" || n > 0 && got.Rules[n-1].Mailbox >= r.Mailbox {
				t.Fatalf("%+v", got.Rules)
			}
		}
		for _, p := range got.Problems {
			if providers.Sanitise(p) != p {
				t.Fatalf("unsafe: %q", p)
			}
		}
	})
}

// The command that is shown is one line, asks for every setting that is read, and
// writes what can be read.
func TestCommandAsksForEverySetting(t *testing.T) {
	for _, name := range settings {
		if !strings.Contains(Command, name) {
			t.Errorf("the command does not ask for %s", name)
		}
	}
	if strings.ContainsAny(Command, "\n\r") || fmt.Sprint(Command) == "" {
		t.Error("the command is not one line")
	}
}
