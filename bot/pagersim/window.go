package pagersim

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// window is a span of time; a shift that overlaps it counts. since = until is
// an instant.
type window struct{ since, until time.Time }

// windowOf reads since and until. Both default to now.
func windowOf(query url.Values, now time.Time) (window, error) {
	since, err := timeOf(query, "since", now)
	if err != nil {
		return window{}, err
	}
	until, err := timeOf(query, "until", maxTime(since, now))
	if err != nil {
		return window{}, err
	}
	if until.Before(since) {
		return window{}, errors.New("until is before since")
	}
	return window{since, until}, nil
}

func timeOf(query url.Values, name string, otherwise time.Time) (time.Time, error) {
	text := query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s is not an ISO 8601 time: %q", name, text)
	}
	return t, nil
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (w window) holds(s Shift) bool {
	begun := s.From.IsZero() || !s.From.After(w.until)
	over := !s.Until.IsZero() && !s.Until.After(w.since)
	return begun && !over
}

// PagerDuty's pagination: 25 unless asked, 100 at most, and nothing beyond
// the first 10,000.
const (
	defaultLimit = 25
	maxLimit     = 100
	maxReach     = 10_000
)

type page struct {
	Limit  int  `json:"limit"`
	Offset int  `json:"offset"`
	More   bool `json:"more"`
	Total  *int `json:"total"`
}

// pageOf reads limit, offset and total.
func pageOf(query url.Values) (page, error) {
	limit, err := countOf(query, "limit", defaultLimit)
	if err != nil {
		return page{}, err
	}
	offset, err := countOf(query, "offset", 0)
	if err != nil {
		return page{}, err
	}
	p := page{Limit: min(max(limit, 1), maxLimit), Offset: offset}
	if p.Offset+p.Limit > maxReach {
		return page{}, fmt.Errorf("offset + limit is greater than %d", maxReach)
	}
	if query.Get("total") == "true" {
		p.Total = new(int)
	}
	return p, nil
}

func countOf(query url.Values, name string, otherwise int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%s is not a count: %q", name, text)
	}
	return n, nil
}

// cut returns the items of this page, and the page as it's echoed.
func cut[T any](items []T, p page) ([]T, page) {
	if p.Total != nil {
		*p.Total = len(items)
	}
	from := min(p.Offset, len(items))
	to := min(from+p.Limit, len(items))
	p.More = to < len(items)
	return items[from:to:to], p
}
