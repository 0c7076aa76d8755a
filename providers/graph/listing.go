package graph

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"roomdesk/providers"
)

// prefer is sent with every read of calendars, on each page: the service forgets
// it between pages.
func prefer(pageSize int) http.Header {
	h := http.Header{}
	h.Add("Prefer", `IdType="ImmutableId"`)
	h.Add("Prefer", `outlook.timezone="UTC"`)
	if pageSize > 0 {
		h.Add("Prefer", "odata.maxpagesize="+strconv.Itoa(pageSize))
	}
	return h
}

// getPage reads one page and gives its values mapped by convert, which returns
// false for those to leave out.
func getPage[W, V any](ctx context.Context, e *engine, c call, convert func(*W) (V, bool)) ([]V, annotations, error) {
	var list []V
	var a annotations
	c.repeat, c.limit = repeatAlways, bulkLimit
	err := e.do(ctx, c, func(ans answer) error {
		list = list[:0] // a repeated attempt starts anew
		var err error
		a, err = page(ans.body, func(w *W) error {
			if v, ok := convert(w); ok {
				list = append(list, v)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return nil, annotations{}, err
	}
	return list, a, nil
}

// maxListing bounds the entries of a listing; the service's largest tenants have
// some hundred thousand users.
const maxListing = 1_000_000

// listing reads a collection by $top and $skip and proves that it is complete.
// The service is known to end such lists early without a link, to ignore $skip,
// to repeat pages and to leave the count out or change it midway; entries are
// counted by key, and what does not add up is said in the warning.
type listing[W, V any] struct {
	engine *engine
	call   call // its url has no query
	top    int
	// convert gives the value, the key by which repeated entries are known, and
	// whether the entry can be used at all.
	convert func(*W) (value V, key string, usable bool)
}

type keyed[V any] struct {
	value  V
	key    string
	usable bool
}

// maxStuck is how often in a row a page may bring nothing new before the listing
// gives up on it.
const maxStuck = 3

func (l listing[W, V]) run(ctx context.Context, deliver func([]V) error) (providers.Listing, error) {
	r := &run[W, V]{listing: l, base: l.call.url, seen: map[string]bool{}, links: newLoop(), least: -1, most: -1}
	r.result.Reported = -1
	for {
		done, err := r.step(ctx, deliver)
		if done || err != nil {
			return r.result, err
		}
	}
}

// run is a listing under way.
type run[W, V any] struct {
	listing[W, V]
	base        string
	follow      string // an opaque link to go on with; "" pages by $skip
	seen        map[string]bool
	links       *loop
	result      providers.Listing
	came        int  // entries before the page asked for
	asked       int  // requests so far
	stuck       int  // pages in a row that were asked for again in vain
	barren      int  // pages in a row that brought nothing
	again       bool // the second pass, after the first lacked entries
	left        int  // requests that it may still make
	least, most int  // counts that the service gave
}

// step asks for one page. It reports true once the listing is concluded.
func (r *run[W, V]) step(ctx context.Context, deliver func([]V) error) (bool, error) {
	r.asked++
	r.left--
	c := r.call
	c.url = r.follow
	if c.url == "" {
		c.url = r.base + "?$top=" + strconv.Itoa(r.top) + "&$count=true"
		if r.came > 0 {
			c.url += "&$skip=" + strconv.Itoa(r.came)
		}
	}
	entries, a, err := getPage(ctx, r.engine, c, func(w *W) (keyed[V], bool) {
		v, key, usable := r.convert(w)
		return keyed[V]{v, key, usable}, true
	})
	if err != nil {
		return false, err
	}
	if a.count >= 0 {
		if r.least < 0 || a.count < r.least {
			r.least = a.count
		}
		r.most = max(r.most, a.count)
	}
	fresh, news := r.sift(entries)
	if len(fresh) > 0 {
		if err := deliver(fresh); err != nil {
			return false, err
		}
		r.result.Count += len(fresh)
	}
	have := r.result.Count + r.result.Unusable
	opaque := a.next != "" && !skips(a.next)
	if opaque {
		// Such a link knows better where to go on than a count does.
		if err := r.engine.roots.checkLink(a.next, ""); err != nil {
			return false, err
		}
	}
	counted := r.most >= 0 && have >= r.most || r.most < 0 && len(entries) == 0
	// A full page may have more behind it whatever the count says.
	last := a.next == "" && counted && len(entries) < r.top
	if r.barren++; news > 0 {
		r.barren = 0
	}
	switch {
	case last, have > maxListing, r.barren > maxEmpty, r.again && r.left <= 0:
		r.conclude(!counted)
		return true, nil
	case opaque && r.links.add(a.next):
		r.follow, r.stuck = a.next, 0
	case news == 0:
		return r.nothingNew(have), nil
	default:
		r.follow, r.stuck = "", 0
	}
	r.came += len(entries)
	return false, nil
}

// sift leaves out what came before.
func (r *run[W, V]) sift(entries []keyed[V]) (fresh []V, news int) {
	fresh = make([]V, 0, len(entries))
	for _, entry := range entries {
		if r.seen[entry.key] {
			continue
		}
		r.seen[entry.key] = true
		news++
		if entry.usable {
			fresh = append(fresh, entry.value)
		} else {
			r.result.Unusable++
		}
	}
	return fresh, news
}

// nothingNew decides what to do after a page that was empty or known: ask for it
// again, since a repeated or empty page may be a slip; read everything a second
// time where entries are missing by then; conclude.
func (r *run[W, V]) nothingNew(have int) bool {
	if r.again {
		// The second pass meets known pages first, so it goes on without repeating.
		r.came += r.top
		if r.came < r.most && r.left > 0 {
			return false
		}
	} else if r.stuck++; r.stuck < maxStuck {
		return false
	} else if r.most > have {
		r.again, r.left, r.came, r.follow, r.links = true, r.asked+maxStuck, 0, "", newLoop()
		return false
	}
	r.conclude(true)
	return true
}

// skips reports whether a link pages by $skip, as the listing itself does.
func skips(link string) bool {
	u, err := url.Parse(link)
	return err == nil && u.Query().Has("$skip")
}

// conclude says whether what came is all there is.
func (r *run[W, V]) conclude(repeated bool) {
	have := r.result.Count + r.result.Unusable
	r.result.Reported = r.most
	switch {
	case r.most < 0 && repeated:
		r.result.Warning = providers.Outside("the service repeats its pages and does not say how many entries there are: the list may be incomplete")
	case r.most < 0:
		r.result.Complete = true // asked for until an empty page came
	case have < r.most && r.least != r.most:
		r.result.Warning = providers.Outside(fmt.Sprintf("the service changed its count between %d and %d while it was read; %d entries came", r.least, r.most, have))
	case have < r.most:
		r.result.Warning = providers.Outside(fmt.Sprintf("the service counts %d entries but gave only %d", r.most, have))
	default:
		r.result.Complete = true
	}
}
