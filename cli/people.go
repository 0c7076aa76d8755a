package cli

import (
	"context"
	"fmt"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"roomdesk/providers"
)

func (a *app) peopleCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "people [QUERY]",
		Short: "List the people, or those whose name, address, title or department has all words",
		RunE: a.run(func(ctx context.Context, args []string) error {
			return a.with(ctx, func(ctx context.Context, s *session) error { return a.listPeople(ctx, s, args) })
		}),
	}
}

func (a *app) listPeople(ctx context.Context, s *session, words []string) error {
	people, at, err := s.people(ctx)
	if err != nil && !isStale(err) {
		return err
	}
	fit := people[:0:0]
	for _, person := range people {
		if personFits(person, words) {
			fit = append(fit, person)
		}
	}
	sort.SliceStable(fit, func(i, j int) bool { return strings.ToLower(fit[i].Title()) < strings.ToLower(fit[j].Title()) })
	if a.out.format == formatJSON {
		objects := make([]personObject, len(fit))
		for i, person := range fit {
			objects[i] = a.out.person(person, at)
		}
		if err := a.out.json(objects); err != nil {
			return err
		}
		return a.warnStale(err, "people", at)
	}
	rows := make([][]string, len(fit))
	for i, p := range fit {
		account := ""
		if !p.Enabled {
			account = "blocked"
		}
		rows[i] = []string{p.Title(), p.JobTitle.Or(""), p.Department.Or(""), p.Office.Or(""), account, string(p.Mailbox)}
	}
	if err := a.out.table([]column{{title: "NAME"}, {title: "TITLE"}, {title: "DEPARTMENT"}, {title: "OFFICE"}, {title: "ACCOUNT", keep: true},
		{title: "MAILBOX", keep: true}}, rows, fmt.Sprintf("Nobody of %s fits.", plural(len(people), "person", ""))); err != nil {
		return err
	}
	return a.warnStale(err, "people", at)
}

func personFits(p providers.Person, words []string) bool {
	text := strings.ToLower(strings.Join([]string{p.Name.String(), string(p.Mailbox), p.JobTitle.String(), p.Department.String(), p.Office.String()}, " "))
	for _, word := range strings.Fields(strings.ToLower(strings.Join(words, " "))) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}
