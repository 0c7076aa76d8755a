// Package rules knows how rooms answer requests, which Graph does not tell: from
// an export of Exchange's settings, and from what rooms did.
package rules

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"roomdesk/providers"
)

// Command is one line for PowerShell with the module ExchangeOnlineManagement, or
// the Exchange Management Shell, that writes the export. Lists are written with
// addresses, since Exchange names people by its own ids.
const Command = `Get-Mailbox -RecipientTypeDetails RoomMailbox -ResultSize Unlimited | ForEach-Object { $m = "$($_.PrimarySmtpAddress)"; ` +
	`$c = Get-CalendarProcessing -Identity $m; $c | Select-Object @{n='Mailbox';e={$m}}, AutomateProcessing, AllowConflicts, ` +
	`ConflictPercentageAllowed, MaximumConflictInstances, BookingWindowInDays, MaximumDurationInMinutes, AllowRecurringMeetings, ` +
	`EnforceSchedulingHorizon, ScheduleOnlyDuringWorkHours, EnforceCapacity, AllBookInPolicy, AllRequestInPolicy, AllRequestOutOfPolicy, ` +
	`@{n='BookInPolicy';e={($c.BookInPolicy | ForEach-Object { (Get-Recipient "$_").PrimarySmtpAddress }) -join ';'}}, ` +
	`@{n='RequestInPolicy';e={($c.RequestInPolicy | ForEach-Object { (Get-Recipient "$_").PrimarySmtpAddress }) -join ';'}}, ` +
	`@{n='RequestOutOfPolicy';e={($c.RequestOutOfPolicy | ForEach-Object { (Get-Recipient "$_").PrimarySmtpAddress }) -join ';'}}, ` +
	`@{n='ResourceDelegates';e={($c.ResourceDelegates | ForEach-Object { (Get-Recipient "$_").PrimarySmtpAddress }) -join ';'}} } | ` +
	`Export-Csv room-rules.csv -NoTypeInformation -Encoding utf8`

const (
	// MaxBytes is the longest export that is read: 10,000 rooms take 3 MB.
	MaxBytes = 64 << 20
	maxRooms = 100_000
	maxList  = 10_000 // entries in one list
)

// Export is what was read of an export.
type Export struct {
	Rules []providers.RoomRules // by address, each room once
	// Problems are entries that were left out, each a sentence that is safe to show.
	Problems []string
	// Assumed names settings that the export does not have; Exchange's defaults
	// stand in their place.
	Assumed []string
}

// Read reads an export of Get-CalendarProcessing: CSV as Export-Csv writes it, or
// JSON as ConvertTo-Json does, in UTF-8 or UTF-16. It fails where the text is
// neither, or names no room.
func Read(in io.Reader, now time.Time) (Export, error) {
	raw, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return Export{}, err
	}
	if len(raw) > MaxBytes {
		return Export{}, fmt.Errorf("the export is longer than %d MB", MaxBytes>>20)
	}
	text, err := decodeText(raw)
	if err != nil {
		return Export{}, err
	}
	var rows []map[string]any
	var columns []string
	switch trimmed := bytes.TrimSpace(text); {
	case len(trimmed) == 0:
		return Export{}, errors.New("the export is empty")
	case trimmed[0] == '[' || trimmed[0] == '{':
		rows, columns, err = readJSON(trimmed)
	default:
		rows, columns, err = readCSV(text)
	}
	if err != nil {
		return Export{}, err
	}
	if len(rows) > maxRooms {
		return Export{}, fmt.Errorf("the export has more than %d rooms", maxRooms)
	}
	return gather(rows, columns, now)
}

// decodeText takes away a byte order mark, and UTF-16, in which Windows PowerShell
// writes by itself.
func decodeText(raw []byte) ([]byte, error) {
	big := bytes.HasPrefix(raw, []byte{0xfe, 0xff})
	if big || bytes.HasPrefix(raw, []byte{0xff, 0xfe}) {
		units := make([]uint16, 0, len(raw)/2)
		for i := 2; i+1 < len(raw); i += 2 {
			if big {
				units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
			} else {
				units = append(units, uint16(raw[i+1])<<8|uint16(raw[i]))
			}
		}
		return []byte(string(utf16.Decode(units))), nil
	}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(raw) {
		return nil, errors.New("the export is neither UTF-8 nor UTF-16: write it with -Encoding utf8")
	}
	return raw, nil
}

func readJSON(text []byte) (rows []map[string]any, columns []string, err error) {
	if text[0] == '{' {
		text = slices.Concat([]byte{'['}, text, []byte{']'}) // one room alone
	}
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, nil, fmt.Errorf("the export is no JSON as ConvertTo-Json writes it: %s", providers.Sanitise(err.Error()))
	}
	seen := map[string]bool{}
	for n, row := range rows {
		folded := make(map[string]any, len(row))
		for name, value := range row {
			name = strings.ToLower(name)
			folded[name] = value
			if !seen[name] {
				seen[name] = true
				columns = append(columns, name)
			}
		}
		rows[n] = folded
	}
	return rows, columns, nil
}

func readCSV(text []byte) (rows []map[string]any, columns []string, err error) {
	// Windows PowerShell puts a line with the type in front unless told not to.
	if bytes.HasPrefix(text, []byte("#TYPE")) {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	reader := csv.NewReader(bytes.NewReader(text))
	if first, _, _ := bytes.Cut(text, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		reader.Comma = ';' // -UseCulture
	}
	reader.FieldsPerRecord = -1
	all, err := reader.ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("the export is no CSV as Export-Csv writes it: %s", providers.Sanitise(err.Error()))
	}
	for _, name := range all[0] {
		columns = append(columns, strings.ToLower(strings.TrimSpace(name)))
	}
	for _, record := range all[1:] {
		row := make(map[string]any, len(columns))
		for n, value := range record {
			if n < len(columns) {
				row[columns[n]] = value
			}
		}
		rows = append(rows, row)
	}
	return rows, columns, nil
}

// gather makes rules of rows.
func gather(rows []map[string]any, columns []string, now time.Time) (Export, error) {
	var out Export
	for _, name := range settings {
		if !slices.Contains(columns, strings.ToLower(name)) {
			out.Assumed = append(out.Assumed, name)
		}
	}
	if slices.Contains(out.Assumed, "AutomateProcessing") {
		return Export{}, errors.New("the export has no column AutomateProcessing: it is not one of Get-CalendarProcessing")
	}
	byRoom := map[providers.Address]int{}
	for n, row := range rows {
		mailbox, ok := mailboxOf(row)
		if !ok {
			out.Problems = append(out.Problems, fmt.Sprintf("entry %d names no mailbox: the column Mailbox, PrimarySmtpAddress or Identity must hold its address", n+1))
			continue
		}
		r := providers.UsualRoomRules(mailbox)
		r.Imported, r.Assumed = now, out.Assumed
		if err := fill(&r, row); err != nil {
			out.Problems = append(out.Problems, fmt.Sprintf("%s: %v", mailbox, err))
			continue
		}
		if _, twice := byRoom[mailbox]; twice {
			out.Problems = append(out.Problems, fmt.Sprintf("%s stands there twice: the first entry counts", mailbox))
			continue
		}
		byRoom[mailbox] = n
		out.Rules = append(out.Rules, r)
	}
	if len(out.Rules) == 0 {
		return out, errors.New("the export names no room by its address")
	}
	slices.SortFunc(out.Rules, func(a, b providers.RoomRules) int { return strings.Compare(string(a.Mailbox), string(b.Mailbox)) })
	return out, nil
}

// mailboxOf is the room's address, in the first column that has one.
func mailboxOf(row map[string]any) (providers.Address, bool) {
	for _, name := range []string{"mailbox", "primarysmtpaddress", "mailboxownerid", "identity"} {
		if text, ok := row[name].(string); ok {
			if address, ok := providers.ParseAddress(strings.TrimSpace(text)); ok {
				return address, true
			}
		}
	}
	return "", false
}

// settings are the columns that matter, as Exchange spells them.
var settings = []string{
	"AutomateProcessing", "AllowConflicts", "ConflictPercentageAllowed", "MaximumConflictInstances", "BookingWindowInDays", "MaximumDurationInMinutes",
	"AllowRecurringMeetings", "EnforceSchedulingHorizon", "ScheduleOnlyDuringWorkHours", "EnforceCapacity", "AllBookInPolicy", "BookInPolicy",
	"AllRequestInPolicy", "RequestInPolicy", "AllRequestOutOfPolicy", "RequestOutOfPolicy", "ResourceDelegates",
}

// fill takes what a row says; what it does not say stays as it is.
func fill(r *providers.RoomRules, row map[string]any) error {
	var wrong []string
	flag := func(name string, to *bool) {
		switch v := row[strings.ToLower(name)].(type) {
		case nil:
		case bool:
			*to = v
		case string:
			switch strings.ToLower(strings.TrimSpace(v)) {
			case "true", "$true", "wahr", "vrai":
				*to = true
			case "false", "$false", "falsch", "faux":
				*to = false
			case "":
			default:
				wrong = append(wrong, name)
			}
		default:
			wrong = append(wrong, name)
		}
	}
	number := func(name string, most int, to *int) {
		var n int
		var err error
		switch v := row[strings.ToLower(name)].(type) {
		case nil:
			return
		case float64:
			n = int(v)
			if float64(n) != v {
				err = strconv.ErrSyntax
			}
		case string:
			if v = strings.TrimSpace(v); v == "" {
				return
			}
			n, err = strconv.Atoi(v)
		default:
			err = strconv.ErrSyntax
		}
		if err != nil || n < 0 || n > most {
			wrong = append(wrong, name)
			return
		}
		*to = n
	}
	list := func(name string, to *[]string) {
		entries, ok := entriesOf(row[strings.ToLower(name)])
		if !ok {
			wrong = append(wrong, name)
		}
		*to = entries
	}
	switch v := row["automateprocessing"].(type) {
	case string:
		if r.AutomateProcessing = strings.TrimSpace(v); !slices.Contains([]string{"AutoAccept", "AutoUpdate", "None"}, r.AutomateProcessing) {
			wrong = append(wrong, "AutomateProcessing")
		}
	case float64: // Windows PowerShell writes enumerations as numbers
		kinds := map[float64]string{0: "None", 1: "AutoUpdate", 2: "AutoAccept"}
		if r.AutomateProcessing = kinds[v]; r.AutomateProcessing == "" {
			wrong = append(wrong, "AutomateProcessing")
		}
	default:
		wrong = append(wrong, "AutomateProcessing")
	}
	flag("AllowConflicts", &r.AllowConflicts)
	number("ConflictPercentageAllowed", 100, &r.ConflictPercentageAllowed)
	number("MaximumConflictInstances", 1<<31-1, &r.MaximumConflictInstances)
	number("BookingWindowInDays", 1080, &r.BookingWindowInDays)
	number("MaximumDurationInMinutes", 1<<31-1, &r.MaximumDurationInMinutes)
	flag("AllowRecurringMeetings", &r.AllowRecurringMeetings)
	flag("EnforceSchedulingHorizon", &r.EnforceSchedulingHorizon)
	flag("ScheduleOnlyDuringWorkHours", &r.ScheduleOnlyDuringWorkHours)
	flag("EnforceCapacity", &r.EnforceCapacity)
	flag("AllBookInPolicy", &r.AllBookInPolicy)
	flag("AllRequestInPolicy", &r.AllRequestInPolicy)
	flag("AllRequestOutOfPolicy", &r.AllRequestOutOfPolicy)
	list("BookInPolicy", &r.BookInPolicy)
	list("RequestInPolicy", &r.RequestInPolicy)
	list("RequestOutOfPolicy", &r.RequestOutOfPolicy)
	list("ResourceDelegates", &r.ResourceDelegates)
	if len(wrong) > 0 {
		return fmt.Errorf("not understood: %s", strings.Join(wrong, ", "))
	}
	return nil
}

// entriesOf reads a list: of JSON, or a text with semicolons. Export-Csv writes the
// type's name in place of a list that nobody joined: that is not understood.
func entriesOf(v any) ([]string, bool) {
	var texts []string
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		if strings.HasPrefix(v, "System.") || strings.HasPrefix(v, "Microsoft.") {
			return nil, false
		}
		texts = strings.Split(v, ";")
	case []any:
		for _, entry := range v {
			text, ok := entry.(string)
			if !ok {
				return nil, false
			}
			texts = append(texts, text)
		}
	default:
		return nil, false
	}
	var out []string
	for _, text := range texts {
		if text = strings.TrimSpace(text); text != "" {
			out = append(out, text)
		}
	}
	return out, len(out) <= maxList
}
