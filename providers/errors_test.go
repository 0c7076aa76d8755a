package providers

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"
)

// constants reads the values of all constants of a type from a source file, so
// that a new one cannot be forgotten.
func constants(t *testing.T, file, typeName string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if name, ok := value.Type.(*ast.Ident); !ok || name.Name != typeName {
				continue
			}
			text, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, text)
		}
	}
	if len(values) == 0 {
		t.Fatalf("no constants of type %s in %s", typeName, file)
	}
	return values
}

// SAY: every class has its words and, but for the caller's own will, a next step.
func TestEveryClassHasWords(t *testing.T) {
	seen := map[string]Class{}
	for _, value := range constants(t, "errors.go", "Class") {
		class := Class(value)
		words, ok := classRows[class]
		if !ok || words.what == "" || class.Words() == "failed" {
			t.Errorf("class %q has no words", class)
		}
		if words.next == "" && class != Cancelled {
			t.Errorf("class %q has no next step", class)
		}
		if words.again != AgainSoon && words.again != AgainHourly && words.again != AgainDaily {
			t.Errorf("class %q is tried again %q", class, words.again)
		}
		switch {
		case words.state != MailboxFailing && words.state != MailboxNoAccess && (words.state != "" || class != Throttled):
			t.Errorf("a mailbox that fails with class %q has the state %q", class, words.state)
		case words.passes && words.again != AgainSoon:
			t.Errorf("class %q passes by itself and is tried again %s only", class, words.again)
		case words.state == MailboxNoAccess && words.again == AgainSoon:
			t.Errorf("class %q is a decision and is asked again at once", class)
		}
		if other, twice := seen[words.what]; twice {
			t.Errorf("classes %q and %q read the same", class, other)
		}
		seen[words.what] = class
		p := Problem{Class: class}
		if s := p.Sentence(day); s == "" || strings.Contains(s, "  ") {
			t.Errorf("class %q: sentence %q", class, s)
		}
	}
	if len(seen) != len(classRows) {
		t.Errorf("words for %d classes, there are %d", len(classRows), len(seen))
	}
	if Class("new").Words() != "failed" {
		t.Error("a class nobody knows has no words")
	}
}

func TestEveryBookingStateHasWords(t *testing.T) {
	seen := map[string]bool{}
	for _, value := range constants(t, "booking.go", "BookingState") {
		words := BookingState(value).Words()
		if words == value && value != string(BookingCancelled) && value != string(BookingFailed) || words == "" || seen[words] {
			t.Errorf("state %q reads %q", value, words)
		}
		seen[words] = true
	}
	for state, settled := range map[BookingState]bool{BookingDraft: false, BookingQueued: false, BookingSending: false, BookingUnknown: false, BookingWaiting: false, BookingTentative: false,
		BookingCancelling: false, BookingAccepted: true, BookingDeclined: true, BookingPartly: true, BookingCancelled: true, BookingFailed: true} {
		if state.Settled() != settled {
			t.Errorf("%s settled: %v", state, !settled)
		}
	}
}

func TestClassOf(t *testing.T) {
	inner := &Error{Class: Throttled}
	for _, c := range []struct {
		err  error
		want Class
	}{
		{nil, ""}, {inner, Throttled}, {fmt.Errorf("reading: %w", inner), Throttled}, {errors.Join(errors.New("x"), inner), Throttled},
		{context.Canceled, Cancelled}, {fmt.Errorf("x: %w", context.Canceled), Cancelled}, {context.DeadlineExceeded, Transient}, {errors.New("who knows"), Permanent},
		{&Error{Class: Local, Err: context.Canceled}, Local},
	} {
		if got := ClassOf(c.err); got != c.want {
			t.Errorf("%v is %q, want %q", c.err, got, c.want)
		}
	}
	if Is(nil, Permanent) || !Is(inner, Permanent, Throttled) || Is(inner) {
		t.Error("Is")
	}
}

// The line of an error is safe whatever the service and the network put in.
func TestErrorLine(t *testing.T) {
	e := &Error{Class: NotAllowed, Op: "reading events", Mailbox: "aalto@contoso.com", Status: 403, Code: "ErrorAccessDenied", Message: Outside("no\x1b[2J\nway"), RequestID: "id\n\x1b]0;x\x07", Err: errors.New("ignored")}
	if got, want := e.Error(), "reading events of aalto@contoso.com: access is refused (HTTP 403 ErrorAccessDenied): no␛␤way [request id␤␛]"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for name, raw := range payloads {
		for _, e := range []*Error{{Class: Permanent, Message: Outside(raw)}, {Class: Permanent, Err: errors.New(raw)}, {Class: Permanent, RequestID: raw}} {
			if strings.ContainsFunc(e.Error(), acting) {
				t.Errorf("%s: %+q", name, e.Error())
			}
		}
		if p := ProblemOf(errors.New(raw), day); strings.ContainsFunc(p.Message.String()+p.Sentence(day), acting) {
			t.Errorf("%s: %+q", name, p.Sentence(day))
		}
	}
	if got := (&Error{Class: Unreachable, Err: errors.New("dial tcp: no route")}).Error(); got != "the service cannot be reached: dial tcp: no route" {
		t.Errorf("%q", got)
	}
	if !errors.Is(&Error{Err: context.Canceled}, context.Canceled) {
		t.Error("the cause is lost")
	}
}

func TestProblemSentences(t *testing.T) {
	now := at(12, 0)
	for _, c := range []struct {
		p    *Problem
		want string
	}{
		{nil, ""},
		{&Problem{Class: Throttled, NextTry: at(12, 5)}, "the service asked to wait; tried again in 5 min"},
		{&Problem{Class: Throttled, NextTry: at(11, 59)}, "the service asked to wait; tried again now"},
		{&Problem{Class: Transient, Status: 503}, "the service had trouble (503)"},
		{&Problem{Class: NotAllowed, Status: 403, Code: "ErrorAccessDenied", NextTry: at(13, 0)}, "access is refused (403 ErrorAccessDenied); tried again in 60 min. Grant the permission, or add the mailbox to the allowed scope"},
		{&Problem{Class: Gone, Code: "ErrorItemNotFound"}, "it is no longer there (ErrorItemNotFound). It was deleted in the tenant"},
		{&Problem{Class: Permanent, Advice: "renew the secret"}, "the service refuses the request. Renew the secret"},
		{&Problem{Class: Permanent, Advice: "ändere es"}, "the service refuses the request. Ändere es"},
		{&Problem{Class: Cancelled}, "stopped"},
		{&Problem{Class: "new"}, "failed"},
	} {
		if got := c.p.Sentence(now); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if ProblemOf(nil, now) != nil {
		t.Error("no error is no problem")
	}
	p := ProblemOf(fmt.Errorf("x: %w", &Error{Class: NoMailbox, Status: 404, Code: "C", Message: Outside("m"), Advice: "a", RequestID: "r"}), now)
	if p.Class != NoMailbox || p.Status != 404 || p.Code != "C" || p.Message.Raw() != "m" || p.Advice != "a" || p.RequestID != "r" || !p.Since.Equal(now) {
		t.Errorf("%+v", p)
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "0 s", 0: "0 s", 499 * time.Millisecond: "0 s", 6 * time.Second: "6 s", 99 * time.Second: "99 s", 99*time.Second + 900*time.Millisecond: "100 s",
		100 * time.Second: "2 min", 12 * time.Minute: "12 min", 99 * time.Minute: "99 min", 100 * time.Minute: "2 h", 47 * time.Hour: "47 h", 48 * time.Hour: "2 d", 80 * 24 * time.Hour: "80 d",
	} {
		if got := Age(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
