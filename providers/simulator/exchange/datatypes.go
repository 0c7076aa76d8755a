package exchange

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var durationShape = regexp.MustCompile(`^-?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$`)

// matches compares text with one of the schema's few patterns.
func matches(pattern, text string) bool {
	ok, err := regexp.MatchString("^(?:"+pattern+")$", text)
	return err == nil && ok
}

// checkBuiltIn looks whether text is a value of one of XML Schema's own types.
func checkBuiltIn(kind, text string) error {
	trimmed := strings.TrimSpace(text)
	ok := true
	switch kind {
	case "boolean":
		ok = trimmed == "true" || trimmed == "false" || trimmed == "1" || trimmed == "0"
	case "int", "short", "long", "unsignedShort", "unsignedInt":
		bits := map[string]int{"int": 32, "short": 16, "long": 64, "unsignedShort": 17, "unsignedInt": 33}[kind]
		n, err := strconv.ParseInt(trimmed, 10, bits)
		ok = err == nil && (n >= 0 || !strings.HasPrefix(kind, "unsigned"))
	case "double":
		_, err := strconv.ParseFloat(trimmed, 64)
		ok = err == nil
	case "dateTime":
		_, _, err := parseDateTime(trimmed)
		ok = err == nil
	case "date":
		_, err := parseDate(trimmed)
		ok = err == nil
	case "time":
		ok = len(trimmed) >= 8
		if ok {
			_, err := time.Parse("15:04:05", trimmed[:8])
			ok = err == nil
		}
	case "duration":
		ok = durationShape.MatchString(trimmed) && !strings.HasSuffix(trimmed, "P") && !strings.HasSuffix(trimmed, "T")
	case "base64Binary":
		_, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(trimmed), ""))
		ok = err == nil
	}
	if !ok {
		return fmt.Errorf("The value '%s' is invalid according to its datatype 'http://www.w3.org/2001/XMLSchema:%s'.", text, kind)
	}
	return nil
}

// parseDateTime reads an xs:dateTime. absolute is false where it has neither Z nor
// an offset: the wall clock is given as UTC then.
func parseDateTime(text string) (at time.Time, absolute bool, err error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, layout == time.RFC3339Nano, nil
		}
	}
	return at, false, fmt.Errorf("%q is no date and time: %w", text, err)
}

// parseDate reads an xs:date; a zone behind it is left aside.
func parseDate(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if len(text) > 10 {
		if _, err := time.Parse("2006-01-02Z07:00", text); err != nil {
			return time.Time{}, err
		}
		text = text[:10]
	}
	return time.Parse(time.DateOnly, text)
}

// durationText writes an xs:duration of whole minutes.
func durationText(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	switch {
	case h == 0 && m == 0:
		return "PT0S"
	case m == 0:
		return fmt.Sprintf("%sPT%dH", sign, h)
	case h == 0:
		return fmt.Sprintf("%sPT%dM", sign, m)
	}
	return fmt.Sprintf("%sPT%dH%dM", sign, h, m)
}

// stamp is an instant as EWS writes it: in UTC, or with the offset of a zone.
func stamp(at time.Time, loc *time.Location) string {
	if loc == nil || loc == time.UTC {
		return at.UTC().Format("2006-01-02T15:04:05Z")
	}
	return at.In(loc).Format("2006-01-02T15:04:05-07:00")
}
