package finder

import (
	"strings"

	"roomdesk/providers"
)

// wanted are the kinds of equipment that the wish asks for.
func (s *search) wanted() []providers.Equipment {
	if s.kinds == nil {
		s.kinds = []providers.Equipment{}
		for _, term := range providers.NewRoomIndex(nil).Filter(s.q.Wish.Rooms).Terms {
			switch kind := providers.Equipment(term.Meaning); kind {
			case providers.Display, providers.Video, providers.Audio, providers.Teams:
				s.kinds = append(s.kinds, kind)
			}
		}
	}
	return s.kinds
}

// deviceOf says by what a room is known to have the equipment: the field of its
// place says so.
func deviceOf(r *providers.Room, kind providers.Equipment) (string, bool) {
	if !r.Has(kind) {
		return "", false
	}
	if kind == providers.Teams {
		return "Teams room", true
	}
	return string(kind), true
}

// tagOf finds the tag from which the equipment is guessed.
func tagOf(r *providers.Room, kind providers.Equipment) (string, bool) {
	one := *r
	for _, tag := range r.Tags {
		one.Tags, one.Equipment = []providers.Untrusted{tag}, nil
		if len(providers.NewRoomIndex([]providers.Room{one}).Filter(string(kind)).Rooms) > 0 {
			return string(kind) + ` by its tag "` + strings.ToLower(tag.String()) + `"`, true
		}
	}
	return "", false
}
