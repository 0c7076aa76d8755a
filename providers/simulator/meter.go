package simulator

import "time"

// meter counts what came in a window.
type meter struct {
	began time.Time
	count int64
	peak  int64     // the most that ever was in one window
	times []arrival // only where the window slides
}

type arrival struct {
	at time.Time
	n  int64
}

// add counts n and gives the sum in the present window.
func (m *meter) add(now time.Time, window time.Duration, n int64, sliding bool) int64 {
	if sliding {
		m.forget(now, window)
		m.times = append(m.times, arrival{now, n})
		m.count += n
	} else {
		if now.Sub(m.began) >= window || now.Before(m.began) {
			m.began, m.count = now, 0
		}
		m.count += n
	}
	m.peak = max(m.peak, m.count)
	return m.count
}

func (m *meter) forget(now time.Time, window time.Duration) {
	for len(m.times) > 0 && now.Sub(m.times[0].at) >= window {
		m.count -= m.times[0].n
		m.times = m.times[1:]
	}
}

// wait is how long until the sum is below the limit, so that one more request
// fits.
func (m *meter) wait(now time.Time, window time.Duration, limit int64, sliding bool) time.Duration {
	if !sliding {
		return max(m.began.Add(window).Sub(now), 0)
	}
	over := m.count - limit
	for _, a := range m.times {
		if over < 0 {
			break
		}
		over -= a.n
		if over < 0 {
			return max(a.at.Add(window).Sub(now), 0)
		}
	}
	return 0
}

// bucket is a token bucket: it holds what may be used at once and fills again
// evenly.
type bucket struct {
	used  float64
	since time.Time
	peak  float64
}

// take uses n and gives what is used of the bucket now.
func (b *bucket) take(now time.Time, window time.Duration, limit, n int) float64 {
	if passed := now.Sub(b.since); passed > 0 {
		b.used = max(b.used-float64(limit)*passed.Seconds()/window.Seconds(), 0)
	}
	b.since = now
	b.used += float64(n)
	b.peak = max(b.peak, b.used)
	return b.used
}

// wait is how long until there is room again for n.
func (b *bucket) wait(window time.Duration, limit, n int) time.Duration {
	over := b.used + float64(n) - float64(limit)
	if over <= 0 {
		return 0
	}
	return time.Duration(over / float64(limit) * float64(window))
}
