package finder

import "roomdesk/providers"

// wanted are the terms of the wish that ask for equipment, by a field of places or
// by a tag.
func (s *search) wanted() []providers.RoomTerm {
	if s.kinds == nil {
		s.kinds = []providers.RoomTerm{}
		for _, term := range s.index.Filter(s.q.Wish.Rooms).Terms {
			if (term.Equipment != "" || term.Tag != "") && !term.Excludes {
				s.kinds = append(s.kinds, term)
			}
		}
	}
	return s.kinds
}

// evidence says by what a room is known or guessed to have what a term asks for.
func (s *search) evidence(r *providers.Room, term providers.RoomTerm) (providers.Reason, bool) {
	if term.Tag != "" {
		return providers.TagEvidence(r, term.Tag)
	}
	return s.words.Evidence(r, term.Equipment)
}
