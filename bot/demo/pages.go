package demo

import (
	"maps"
	"net"
	"net/http"
	"slices"

	"github.com/understudyhq/understudy/bot/slacksim/page"
	"github.com/understudyhq/understudy/bot/view"
)

func pages(b *backstage, guide []page.GuideStep, address, portal string) (http.Handler, error) {
	ws := b.ws
	mux := http.NewServeMux()
	mux.Handle("/api/", noBrowser(ws))
	mux.Handle("/link/", noBrowser(ws))
	mux.Handle("/respond/", noBrowser(ws))
	gallery, err := view.Gallery()
	if err != nil {
		return nil, err
	}
	people, err := view.GalleryPeople()
	if err != nil {
		return nil, err
	}
	var names []page.NamedUser
	for _, id := range slices.Sorted(maps.Keys(people)) {
		names = append(names, page.NamedUser{ID: id, Name: people[id]})
	}
	mux.Handle("/", page.Handler(ws, page.Options{
		Title: "Understudy demo", App: "Understudy", Guide: guide, Stage: b.acts(), Deeds: b.diary.deeds, Gallery: gallery, Names: names,
		Links: []page.Link{{Text: "Customer portal", URL: portal + "/"}, {Text: "Gallery", URL: address + "/gallery.html"}},
	}))
	return mux, nil
}

// noBrowser keeps what the bot calls from web pages: a browser says where a
// request comes from, and the bot doesn't.
func noBrowser(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" || ip == nil || !ip.IsLoopback() {
			http.Error(w, "This address is for the bot only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
