package providers

import (
	"slices"
	"strings"
)

// knownPermissions are the application permissions that people meet here: those that
// roomdesk can use, and those that look alike.
func knownPermissions() []string {
	return []string{
		"Calendars.Read", "Calendars.ReadBasic.All", "Calendars.ReadWrite", "Place.Read.All", "Place.ReadWrite.All", "User.Read.All", "User.ReadWrite.All",
		"User.ReadBasic.All", "Organization.Read.All", "Organization.ReadWrite.All", "Application.Read.All", "Directory.Read.All", "Directory.ReadWrite.All",
		"MailboxSettings.Read", "MailboxSettings.ReadWrite", "OnlineMeetings.Read.All", "OnlineMeetings.ReadWrite.All", "Group.Read.All", "GroupMember.Read.All",
		"full_access_as_app", "User.Read", "Calendars.ReadWrite.Shared", "Calendars.Read.Shared", "Place.Read", "Calendars.ReadBasic",
	}
}

// CheckPermissionName says whether a permission is spelt right, and offers the
// nearest right one where it is not.
func CheckPermissionName(name string) Advice {
	name = strings.TrimSpace(name)
	known := knownPermissions()
	switch {
	case name == "":
		return Advice{}
	case slices.Contains(known, name):
		return fine("")
	case strings.HasPrefix(strings.ToLower(name), "mail."):
		return Advice{Text: cutPlain(name) + " gives access to mail, which roomdesk never needs: leave it out"}
	}
	best, distance := "", 4
	for _, right := range known {
		if d := editDistance(strings.ToLower(name), strings.ToLower(right)); d < distance {
			best, distance = right, d
		}
	}
	if best == "" {
		return Advice{Text: cutPlain(name) + " is not known here and not needed"}
	}
	return wrong("%s is misspelt: %s is the right name", cutPlain(name), best).offer(best)
}

// CheckPermissions compares pasted names with those that are needed. What is missing
// is named first, then what is misspelt.
func CheckPermissions(text string, least []string) Advice {
	var names, notes []string
	offer := ""
	for _, name := range SetupList(text) {
		if !strings.Contains(name, ".") && name != "full_access_as_app" {
			continue // the portal's other columns: Application, Yes, Granted, for, Contoso
		}
		a := CheckPermissionName(name)
		if a.Offer != "" {
			offer = strings.Replace(text, name, a.Offer, 1)
			names = append(names, a.Offer)
		} else {
			names = append(names, name)
		}
		if a.Text != "" {
			notes = append(notes, a.Text)
		}
	}
	switch {
	case strings.TrimSpace(text) == "":
		return Advice{Text: "optional: paste what the portal lists, to compare it"}
	case offer != "":
		return Advice{Wrong: true, Text: strings.Join(notes, "; "), Offer: offer}
	}
	missing := MissingPermissions(names, least)
	if len(missing) > 0 {
		notes = append([]string{"still to be added: " + strings.Join(missing, ", ")}, notes...)
	}
	if len(notes) > 0 {
		return Advice{Text: strings.Join(notes, "; ")}
	}
	return fine("all that is needed is there")
}

// MissingPermissions are those of least that are not among have, nor within one of them.
func MissingPermissions(have, least []string) []string {
	var missing []string
	for _, need := range least {
		if !slices.Contains(have, need) && !slices.ContainsFunc(have, func(h string) bool { return includes(h, need) }) {
			missing = append(missing, need)
		}
	}
	return missing
}

// includes reports whether one permission holds another within it.
func includes(have, need string) bool {
	switch need {
	case "Calendars.ReadBasic.All":
		return have == "Calendars.Read" || have == "Calendars.ReadWrite"
	case "Calendars.Read":
		return have == "Calendars.ReadWrite"
	case "Place.Read.All":
		return have == "Place.ReadWrite.All"
	case "User.Read.All", "Organization.Read.All":
		return have == "Directory.Read.All" || have == "Directory.ReadWrite.All" || have == strings.Replace(need, "Read", "ReadWrite", 1)
	}
	return false
}

// near reports whether two words differ by few letters, and do differ.
func near(a, b string, most int) bool {
	d := editDistance(a, b)
	return d > 0 && d <= most
}

// editDistance counts the letters to insert, remove, change or swap with their
// neighbour.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range y {
		rows[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			change := 1
			if x[i] == y[j] {
				change = 0
			}
			best := min(rows[i][j+1]+1, rows[i+1][j]+1, rows[i][j]+change)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				best = min(best, rows[i-1][j-1]+1)
			}
			rows[i+1][j+1] = best
		}
	}
	return rows[len(x)][len(y)]
}
