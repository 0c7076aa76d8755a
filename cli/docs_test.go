package cli

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"roomdesk/keystore"
	"roomdesk/providers"
)

func commandsPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every command and flag, every key of the JSON, every class of error and every
// key of the configuration stands in docs/commands.md.
func TestCommandsPageIsComplete(t *testing.T) {
	page := commandsPage(t)
	a, _, _ := newApp(t)
	var visit func(*cobra.Command)
	visit = func(command *cobra.Command) {
		path := strings.TrimSpace(strings.TrimPrefix(command.CommandPath(), "roomdesk"))
		if command.Hidden || command.Name() == "help" || command.Name() == "completion" {
			return
		}
		if command.Runnable() && path != "connect" && path != "" && !strings.Contains(page, "`"+path) {
			t.Errorf("command %q is missing", path)
		}
		command.NonInheritedFlags().VisitAll(func(flag *pflag.Flag) {
			if !flag.Hidden && !strings.Contains(page, "--"+flag.Name) {
				t.Errorf("flag --%s of %q is missing", flag.Name, path)
			}
		})
		for _, sub := range command.Commands() {
			visit(sub)
		}
	}
	visit(a.root())
	for _, object := range []any{
		answerObject{},
		roomDetail{}, findObject{}, offerObject{}, withheldObject{}, guestObject{}, otherObject{}, reasonObject{}, availabilityObject{}, blockObject{}, eventObject{}, personObject{}, calendarObject{}, bookingObject{}, alternativeObject{},
		relocationObject{}, moveObject{}, migrationObject{}, migrationProblem{}, scopeObject{}, parityObject{}, moveMailboxObject{}, parityEntryObject{}, parityFieldObject{}, profileObject{}, featureObject{}, importedObject{}, choiceObject{}, ruleObject{}, importObject{}, syncObject{}, verifyObject{}, differenceObject{}, mailboxObject{}, listingObject{}, problemObject{}, resultObject{}, exportObject{}, seriesObject{}, seriesDateObject{}, seriesRoomObject{}, seriesCellObject{}, seriesPlanObject{}, seriesPartObject{}, seriesStepObject{}, bookedSeriesObject{}, bookedDateObject{}, connectObject{}, auditObject{}, auditLine{}, breakObject{}, testObject{}, rotateObject{}, madeObject{}, disconnectObject{}, mirrorObject{}, pendingObject{}, dataObject{}, dataProcessObject{}, dataFileObject{}, dataKeyObject{}, dataEndpointObject{}, readyLine{}, diagnosisObject{}, rungObject{}, troubleObject{}, permissionsObject{}, mailboxAccess{}, whoamiObject{}, roleObject{}, verbObject{}, permissionObject{}, limitObject{}, accessObject{}, deniedObject{},
	} {
		for _, key := range keysOf(reflect.TypeOf(object), "json") {
			if !hasWord(page, key) {
				t.Errorf("key %q of %T is missing", key, object)
			}
		}
	}
	for _, key := range keysOf(reflect.TypeOf(keystore.Connection{}), "toml") {
		if !hasWord(page, key) {
			t.Errorf("configuration key %q is missing", key)
		}
	}
	for class := range exitOfClass {
		if !strings.Contains(page, "`"+string(class)+"`") {
			t.Errorf("class %q is missing", class)
		}
	}
}

func keysOf(t reflect.Type, tag string) (keys []string) {
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous {
			keys = append(keys, keysOf(field.Type, tag)...)
			continue
		}
		key, _, _ := strings.Cut(field.Tag.Get(tag), ",")
		keys = append(keys, key)
	}
	return keys
}

func hasWord(page, word string) bool {
	words := strings.FieldsFunc(page, func(r rune) bool {
		return !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9')
	})
	for _, have := range words {
		if have == word {
			return true
		}
	}
	return false
}

// Every class has an exit code of its own choosing: a new class must be put into
// the table.
func TestEveryClassHasAnExitCode(t *testing.T) {
	for _, class := range []providers.Class{
		providers.Throttled, providers.Transient, providers.Unreachable, providers.UntrustedHost, providers.Resync, providers.SignedOut,
		providers.NotAllowed, providers.NoMailbox, providers.Gone, providers.Conflict, providers.Permanent, providers.Foreign,
		providers.Unsupported, providers.Local, providers.Cancelled,
	} {
		code, known := exitOfClass[class]
		if !known || code == exitDone {
			t.Errorf("class %q has exit code %d, %v", class, code, known)
		}
		if f := explain(&providers.Error{Class: class, Op: "reading rooms"}); f.code != code || f.class != string(class) {
			t.Errorf("class %q is explained as %q with code %d", class, f.class, f.code)
		}
	}
}
