package tui

// scroll is the window of a list: which entry is chosen and which come into sight.
type scroll struct {
	n      int // entries
	at     int // chosen
	top    int // first in sight
	height int // lines
}

// fix brings the numbers into range and the chosen entry into sight.
func (s *scroll) fix(n, height int) {
	s.n, s.height = n, max(height, 0)
	s.at = max(min(s.at, n-1), 0)
	if s.at < s.top {
		s.top = s.at
	}
	if s.height > 0 && s.at >= s.top+s.height {
		s.top = s.at - s.height + 1
	}
	s.top = max(min(s.top, n-s.height), 0)
}

func (s *scroll) move(by int) {
	s.at = max(min(s.at+by, s.n-1), 0)
}

// wheel moves the window, and the chosen entry only as far as it must go along.
func (s *scroll) wheel(by int) {
	s.top = max(min(s.top+by, s.n-s.height), 0)
	if s.height > 0 {
		s.at = max(min(s.at, s.top+s.height-1), s.top)
	}
	s.at = max(min(s.at, s.n-1), 0)
}

// bottom is one past the last entry in sight.
func (s *scroll) bottom() int { return min(s.top+s.height, s.n) }
