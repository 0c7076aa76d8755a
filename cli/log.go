package cli

import (
	"errors"
	"fmt"
	"log/slog"

	"roomdesk/providers"
)

// newLog makes the structured log of a service on standard error: a JSON line for
// each event, without credentials and without any text of the tenant's.
func (a *app) newLog(debug bool) *slog.Logger {
	level := slog.LevelInfo
	if debug {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewJSONHandler(a.deps.Stderr, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
		switch v := attr.Value.Any().(type) {
		case error:
			attr.Value = slog.StringValue(errorForLog(v))
		case providers.Untrusted:
			attr.Value = slog.StringValue("(text of the tenant)")
		}
		return attr
	}}))
}

// errorForLog says what failed, without the service's own text: it may quote what
// people wrote.
func errorForLog(err error) string {
	var e *providers.Error
	if !errors.As(err, &e) {
		return providers.Sanitise(err.Error())
	}
	text := string(e.Class)
	if e.Op != "" {
		text = e.Op + ": " + text
	}
	for _, part := range []string{status(e.Status), e.Code, e.RequestID} {
		if part != "" {
			text += " " + providers.Sanitise(part)
		}
	}
	// What this machine says is not the tenant's.
	if e.Err != nil && (e.Class == providers.Local || e.Class == providers.Unreachable) {
		text += ": " + providers.Sanitise(e.Err.Error())
	}
	return text
}

func status(code int) string {
	if code == 0 {
		return ""
	}
	return fmt.Sprint("HTTP ", code)
}
