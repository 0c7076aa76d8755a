package tui

import tea "charm.land/bubbletea/v2"

// whyNotBookSeries says why the chosen plan cannot be booked.
func (m *Model) whyNotBookSeries() string {
	p := &m.series
	if why := p.whyNot(); why != "" {
		return why
	}
	if p.chosen.Skips == len(p.chosen.Steps) {
		return "every date is skipped"
	}
	return "it is planned here, and cannot be sent from here yet"
}

func (m *Model) openSeriesForm() tea.Cmd { return nil }
