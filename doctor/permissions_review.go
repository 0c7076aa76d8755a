package doctor

import (
	"context"
	"slices"
	"strings"

	"roomdesk/providers"
)

// Feature is something that people want, with the least permissions that it needs.
type Feature struct {
	Name string
	What string
	// Needs are Graph's application permissions. Mail is never among them.
	Needs []string
}

// Features are what roomdesk can do with a tenant.
func Features() []Feature {
	return []Feature{
		{"rooms", "the list of rooms with their equipment", []string{"Place.Read.All"}},
		{"free-busy", "when rooms and people are taken, without subjects", []string{"Calendars.ReadBasic.All"}},
		{"calendars", "calendars with their meetings", []string{"Calendars.Read"}},
		{"booking", "booking, changing and cancelling", []string{"Calendars.ReadWrite"}},
		{"people", "the list of people, and their licences", []string{"User.Read.All"}},
		{"domains", "the tenant's name and its verified domains", []string{"Organization.Read.All"}},
	}
}

// FeatureNames are their names, in order.
func FeatureNames() []string {
	var names []string
	for _, f := range Features() {
		names = append(names, f.Name)
	}
	return names
}

// wider names, for a permission, those that hold it within them.
func wider(permission string) []string {
	switch permission {
	case "Calendars.ReadBasic.All":
		return []string{"Calendars.Read", "Calendars.ReadWrite"}
	case "Calendars.Read":
		return []string{"Calendars.ReadWrite"}
	case "User.Read.All":
		return []string{"User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	case "Organization.Read.All":
		return []string{"Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
	}
	return nil
}

// Wider names the permissions that hold one within them.
func Wider(permission string) []string { return wider(permission) }

// LevelFor is the lowest level of access with which some features work (PRODUCT L6);
// "" where none of them needs a calendar.
func LevelFor(features []string) providers.AccessLevel {
	switch {
	case slices.Contains(features, "booking"), slices.Contains(features, "calendars"):
		return providers.Restricted
	case slices.Contains(features, "free-busy"):
		return providers.FreeBusyAccess
	}
	return ""
}

// Least is the smallest set of permissions for some features, by name.
func Least(features []string) []string {
	var out []string
	for _, f := range Features() {
		if !slices.Contains(features, f.Name) {
			continue
		}
		for _, need := range f.Needs {
			if !slices.Contains(out, need) {
				out = append(out, need)
			}
		}
	}
	out = slices.DeleteFunc(slices.Clone(out), func(p string) bool {
		return slices.ContainsFunc(wider(p), func(w string) bool { return slices.Contains(out, w) })
	})
	slices.Sort(out)
	return out
}

// Correct gives the right spelling of a permission's name that people are known to
// write wrongly, and false where it is right or not known.
func Correct(name string) (string, bool) {
	known := []string{"Application.Read.All"}
	for _, f := range Features() {
		known = append(known, f.Needs...)
	}
	plain := func(s string) string {
		var b strings.Builder
		for part := range strings.SplitSeq(strings.ToLower(s), ".") {
			b.WriteString(strings.TrimSuffix(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(part), "s") + ".")
		}
		return b.String()
	}
	for _, right := range known {
		if right != name && plain(right) == plain(name) {
			return right, true
		}
	}
	return "", false
}

// Review is one permission looked at from all sides.
type Review struct {
	Permission string
	For        []string // features that need it; none: extra
	Granted    *bool    // nil: grants cannot be read
	InToken    bool
	Proven     string // "works", "refused", or "" where it was not tried
	Drift      string // compared with what was recorded: "added", "taken away", or ""
	// Right is the spelling that is meant, where the name is misspelt.
	Right string
}

// Needed reports whether a chosen feature needs it.
func (r Review) Needed() bool { return len(r.For) > 0 }

// Missing reports that it is needed and does not work.
func (r Review) Missing() bool { return r.Needed() && r.Proven != "works" && !r.InToken }

// PermissionReview looks at the permissions for some features: what is needed, granted,
// in the token, proven by a call, and extra. recorded is what the token had when the
// connection was made; nil: not known.
func PermissionReview(ctx context.Context, p Prober, samples []providers.Address, features, recorded []string) ([]Review, error) {
	ctx = providers.WithPriority(ctx, providers.Interactive)
	token, err := p.Token(ctx)
	if err != nil {
		return nil, err
	}
	grants, grantsErr := p.Grants(ctx)
	if grantsErr != nil && !refused(grantsErr) {
		return nil, grantsErr
	}
	names := Least(features)
	inToken := held(token)
	for _, more := range [][]string{inToken, recorded, grantNames(grants)} {
		for _, name := range more {
			if !has(names, name) {
				names = append(names, name)
			}
		}
	}
	proofs := prove(ctx, p, samples)
	var out []Review
	for _, name := range names {
		r := Review{Permission: name, InToken: has(inToken, name), Proven: proofs[name]}
		r.Right, _ = Correct(name)
		for _, f := range Features() {
			if slices.Contains(features, f.Name) && has(Least([]string{f.Name}), name) || slices.Contains(features, f.Name) && within(f.Needs, name) && has(Least(features), name) {
				r.For = append(r.For, f.Name)
			}
		}
		if grantsErr == nil {
			granted := has(grantNames(grants), name)
			r.Granted = &granted
		}
		switch {
		case recorded == nil:
		case r.InToken && !has(recorded, name):
			r.Drift = "added"
		case !r.InToken && has(recorded, name):
			r.Drift = "taken away"
		}
		out = append(out, r)
	}
	return out, nil
}

// within reports whether a wider permission holds one of the needs.
func within(needs []string, name string) bool {
	return slices.ContainsFunc(needs, func(need string) bool { return has(wider(need), name) })
}

func grantNames(grants []providers.Grant) []string {
	var names []string
	for _, g := range grants {
		names = append(names, g.Permission)
	}
	return names
}

// prove tries the cheapest real call of each permission. Writing is not tried.
func prove(ctx context.Context, p Prober, samples []providers.Address) map[string]string {
	word := func(err error) string {
		switch {
		case err == nil, absent(err):
			return "works"
		case refused(err):
			return "refused"
		}
		return ""
	}
	_, rooms := p.Rooms(ctx)
	_, organization := p.Organization(ctx)
	out := map[string]string{"Place.Read.All": word(rooms), "Organization.Read.All": word(organization), "User.Read.All": word(p.People(ctx))}
	for _, mailbox := range samples {
		read := word(p.CanRead(ctx, mailbox))
		for _, name := range []string{"Calendars.Read", "Calendars.ReadBasic.All"} {
			if out[name] != "works" {
				out[name] = read
			}
		}
	}
	return out
}
