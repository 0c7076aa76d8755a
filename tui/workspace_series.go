package tui

import (
	"context"
	"time"

	"roomdesk/providers"
)

// SeriesPlanner plans meetings that repeat.
type SeriesPlanner interface {
	// PlanSeries understands a wish for a series, asks when its rooms and people are
	// free, and plans. A line that makes no sense is no error: the answer has
	// problems. Network: dates are further ahead than the mirror reaches.
	PlanSeries(ctx context.Context, question FindQuestion) (SeriesAnswer, error)
}

// SeriesAnswer is a planned series.
type SeriesAnswer struct {
	Meaning  []providers.MeaningPart
	Problems []string // safe to show; nothing is planned then
	Repeats  string   // the rule in words; safe to show
	Zone     *time.Location
	Guests   []providers.Guest
	People   int // who come, as far as the line says
	Matrix   providers.SeriesMatrix
	// AsOf is the age of the oldest free/busy that the plans rest on; zero where
	// nothing is known of some room.
	AsOf time.Time
}
