// Package when understands days, times of day and lengths as people type them,
// and finds the instant at which the clocks of a zone show them.
//
// Words come already cut at blanks and in lower case. Each reader takes the words
// that it understands off the front and says how many they were, so that the rest
// of a line may be about something else. Strict forms (2026-11-24, 14:00, 14-15,
// +2h, 45m, tue, tomorrow) have one meaning; what is only a habit of speech
// ("afternoon") is marked as such, for the caller to show before it is used.
package when
