package simulator

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
)

// wireSettings is what a client may write of mailboxSettings.
type wireSettings struct {
	TimeZone   *string `json:"timeZone"`
	DateFormat *string `json:"dateFormat"`
	TimeFormat *string `json:"timeFormat"`
	Language   *struct {
		Locale      string  `json:"locale"`
		DisplayName *string `json:"displayName"`
	} `json:"language"`
	Delivery     *string          `json:"delegateMeetingMessageDeliveryOptions"`
	WorkingHours *wireHours       `json:"workingHours"`
	Replies      *wireReplies     `json:"automaticRepliesSetting"`
	Archive      *json.RawMessage `json:"archiveFolder"`
	Purpose      *json.RawMessage `json:"userPurpose"`
}

type wireReplies struct {
	Status    *string   `json:"status"`
	Audience  *string   `json:"externalAudience"`
	Internal  *string   `json:"internalReplyMessage"`
	External  *string   `json:"externalReplyMessage"`
	ScheduleA *wireTime `json:"scheduledStartDateTime"`
	ScheduleB *wireTime `json:"scheduledEndDateTime"`
}

var localeShape = regexp.MustCompile(`^[a-zA-Z]{2,3}(-[a-zA-Z]{4})?(-[a-zA-Z]{2}|-[0-9]{3})?$`)

// languageNames are those that the tenant can name; others keep what was sent.
var languageNames = map[string]string{
	"en-us": "English (United States)", "en-gb": "English (United Kingdom)", "nl-nl": "Dutch (Netherlands)", "de-de": "German (Germany)",
	"fr-fr": "French (France)", "pt-pt": "Portuguese (Portugal)", "pt-br": "Portuguese (Brazil)", "ja-jp": "Japanese (Japan)", "es-es": "Spanish (Spain)",
}

// patchSettings changes what the body names, all of it or nothing.
func (c *call) patchSettings() answer {
	var w wireSettings
	if p := strictDecode(c.body, &w); p != nil {
		return c.refuse(p)
	}
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	next := *c.t.settingsNow(c.mailbox)
	zone := c.mailbox.settings.zone
	if p := w.apply(c.t, &next, &zone); p != nil {
		return c.refuse(p)
	}
	c.mailbox.settings = mailboxSettings{zone: zone, more: &next}
	c.entry.Effect = "changed mailbox settings"
	out := &writer{}
	c.writeSettings(out, nil, c.context("users('"+c.mailKey+"')/mailboxSettings"))
	return c.ok(out)
}

func (w *wireSettings) apply(t *Tenant, next *moreSettings, z **zone) *problem {
	if w.Archive != nil || w.Purpose != nil {
		return bad("ErrorInvalidRequest", "Your request can't be completed. archiveFolder and userPurpose can't be changed.")
	}
	if w.TimeZone != nil {
		found, ok := t.zones.find(*w.TimeZone)
		if !ok {
			return bad("ErrorInvalidTimeZone", "The time zone '"+*w.TimeZone+"' is not known.")
		}
		*z = found
	}
	for _, format := range []struct {
		value *string
		into  *string
		known string
	}{{w.DateFormat, &next.dateFormat, "dMy"}, {w.TimeFormat, &next.timeFormat, "hHmt"}} {
		if format.value == nil {
			continue
		}
		if !strings.ContainsAny(*format.value, format.known) {
			return bad("ErrorInvalidArgument", "The format '"+*format.value+"' is invalid for the mailbox's locale.")
		}
		*format.into = *format.value
	}
	if w.Language != nil {
		if !localeShape.MatchString(w.Language.Locale) {
			return bad("ErrorInvalidArgument", "The locale '"+w.Language.Locale+"' is invalid.")
		}
		next.locale, next.language = w.Language.Locale, languageNames[strings.ToLower(w.Language.Locale)]
		if next.language == "" {
			next.language = w.Language.Locale
			if w.Language.DisplayName != nil {
				next.language = *w.Language.DisplayName
			}
		}
	}
	if w.Delivery != nil {
		n, p := member(deliveries, *w.Delivery, "delegateMeetingMessageDeliveryOptions")
		if p != nil {
			return p
		}
		next.delivery = deliveries[n]
	}
	if w.WorkingHours != nil {
		hours, p := w.WorkingHours.apply(t, next.hours)
		if p != nil {
			return p
		}
		next.hours = hours
	}
	if w.Replies == nil {
		return nil
	}
	return w.Replies.apply(t, &next.replies)
}

func (w *wireReplies) apply(t *Tenant, r *automaticReplies) *problem {
	for _, word := range []struct {
		value *string
		names []string
		into  *string
		what  string
	}{{w.Status, replyStatuses, &r.status, "automaticRepliesStatus"}, {w.Audience, audiences, &r.audience, "externalAudienceScope"}} {
		if word.value == nil {
			continue
		}
		n, p := member(word.names, *word.value, word.what)
		if p != nil {
			return p
		}
		*word.into = word.names[n]
	}
	if w.Internal != nil {
		r.internal = *w.Internal
	}
	if w.External != nil {
		r.external = *w.External
	}
	for _, side := range []struct {
		wire *wireTime
		at   *int64
	}{{w.ScheduleA, &r.start}, {w.ScheduleB, &r.end}} {
		if side.wire == nil {
			continue
		}
		at, z, p := side.wire.parse(t.zones)
		if p != nil {
			return p
		}
		*side.at, r.zone = at.Unix(), z
	}
	if r.status == "scheduled" && r.end <= r.start {
		return &problem{http.StatusBadRequest, "ErrorInvalidArgument", "The end of automatic replies must be after their start."}
	}
	return nil
}
