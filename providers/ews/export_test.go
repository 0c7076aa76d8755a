package ews

import "time"

// Hasten shortens the pauses between tries.
func (p *Provider) Hasten() {
	p.engine.timing.floor, p.engine.timing.ceiling = 5*time.Millisecond, 20*time.Millisecond
}
