package simulator

import "slices"

// servicePlan is a part of a licence, by its well-known id.
type servicePlan struct{ id, service string }

// licence is a product by its well-known id.
type licence struct {
	sku   string
	plans []servicePlan
}

var (
	exchangePlan   = servicePlan{"efb87545-963c-4e0d-99df-69c6916d9eb0", "exchange"}        // Exchange Online (Plan 2)
	teamsPlan      = servicePlan{"57ff2da0-773e-42df-b2af-ffb7a2317929", "TeamspaceAPI"}    // Teams
	sharePointPlan = servicePlan{"5dbe027f-2339-4123-9542-606e4d348a72", "SharePoint"}      // SharePoint (Plan 2)
	officePlan     = servicePlan{"43de0ff5-c92c-492b-9116-175376d08c38", "MicrosoftOffice"} // apps for enterprise

	enterpriseLicence = licence{"05e9a617-0261-4cee-bb44-138d3ef5d965", []servicePlan{exchangePlan, teamsPlan, sharePointPlan, officePlan}} // Microsoft 365 E3
	teamsRoomLicence  = licence{"4cde982a-ede4-4409-9ae6-b003453c8ea6", []servicePlan{teamsPlan}}                                           // Teams Rooms Pro
)

// assignedLicence is a licence that an account has, without the plans that are switched off.
type assignedLicence struct {
	licence
	off []servicePlan
}

// status is a plan's capabilityStatus.
func (h assignedLicence) status(p servicePlan) string {
	if slices.Contains(h.off, p) {
		return "Deleted"
	}
	return "Enabled"
}

// licences are what an account has. A room needs none for its mailbox; one with a
// Teams device has that device's.
func (m *mailbox) licences() []assignedLicence {
	switch {
	case m.room != nil && m.room.teams == "enabled":
		return []assignedLicence{{licence: teamsRoomLicence}}
	case m.room != nil:
		return nil
	}
	switch m.licenceWord() {
	case LicenceFull:
		return []assignedLicence{{licence: enterpriseLicence}}
	case LicenceNoTeams:
		return []assignedLicence{{enterpriseLicence, []servicePlan{teamsPlan}}}
	case LicenceNoExchange:
		return []assignedLicence{{enterpriseLicence, []servicePlan{exchangePlan}}}
	}
	return nil
}

// licensedSince is when all licences were assigned.
const licensedSince = "2024-02-01T08:00:00Z"

func (w *writer) licences(m *mailbox) {
	w.key("assignedLicenses")
	w.b = append(w.b, '[')
	for _, h := range m.licences() {
		w.open()
		w.string("skuId", h.sku)
		off := make([]string, len(h.off))
		for i, p := range h.off {
			off[i] = p.id
		}
		w.strings("disabledPlans", off)
		w.close()
	}
	w.closeList()
}

func (w *writer) plans(m *mailbox) {
	w.key("assignedPlans")
	w.b = append(w.b, '[')
	for _, h := range m.licences() {
		for _, p := range h.plans {
			w.open()
			w.string("assignedDateTime", licensedSince)
			w.string("capabilityStatus", h.status(p))
			w.string("service", p.service)
			w.string("servicePlanId", p.id)
			w.close()
		}
	}
	w.closeList()
}

// licenceRows and planRows are the same for filters.
func (m *mailbox) licenceRows() rows {
	var out rows
	for _, h := range m.licences() {
		out = append(out, func(name string) (any, bool) { return h.sku, name == "skuid" })
	}
	return out
}

func (m *mailbox) planRows() rows {
	var out rows
	for _, h := range m.licences() {
		for _, p := range h.plans {
			out = append(out, func(name string) (any, bool) {
				switch name {
				case "serviceplanid":
					return p.id, true
				case "service":
					return p.service, true
				case "capabilitystatus":
					return h.status(p), true
				}
				return nil, false
			})
		}
	}
	return out
}
