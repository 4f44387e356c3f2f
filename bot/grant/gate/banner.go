package gate

import (
	"bytes"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// page is an answer of the app to an agent who acts as a customer: HTML gets the
// banner, whatever else comes as it is.
type page struct {
	http.ResponseWriter

	request *http.Request
	banner  []byte
	instead func(http.ResponseWriter) // shown in the place of HTML that the banner can't be in

	code    int
	decided bool          // whether it is HTML
	first   []byte        // what came before that was decided
	held    *bytes.Buffer // HTML so far, until it is known where the banner goes
	dropped bool          // something else was shown
}

const (
	// mostHeld is how much of a page is held until its body begins, in bytes. A page
	// that has none by then gets the banner first.
	mostHeld = 256 << 10
	// toSniff is how much of an answer without a type says what it is, as net/http
	// takes it.
	toSniff = 512
)

// WriteHeader keeps the code until it is decided whether it is a page.
func (p *page) WriteHeader(code int) {
	if p.code != 0 || code < http.StatusOK {
		p.ResponseWriter.WriteHeader(code)
		return
	}
	p.code = code
	if p.Header().Get("Content-Type") != "" || code == http.StatusNoContent || code == http.StatusNotModified {
		_ = p.decide() // nothing is written yet
	}
}

// decide says whether it is a page, and sends what came before.
func (p *page) decide() error {
	header := p.Header()
	if header.Get("Content-Type") == "" && len(p.first) > 0 {
		header.Set("Content-Type", http.DetectContentType(p.first))
	}
	is := isHTML(header.Get("Content-Type")) && whole(p.request) && p.code != http.StatusNoContent && p.code != http.StatusNotModified
	shown := is && legible(header)
	if shown || !forAll(header.Get("Cache-Control")) {
		keepNowhere(header) // or it would be shown when somebody acts as another customer
	}
	p.decided = true
	switch {
	case !is:
	case !shown:
		for _, name := range []string{"Content-Encoding", "Content-Length", "ETag", "Last-Modified"} {
			header.Del(name)
		}
		p.dropped, p.first = true, nil
		p.instead(p.ResponseWriter)
		return nil
	default:
		allowBanner(header)
		header.Del("Content-Length")
		p.held = new(bytes.Buffer)
	}
	p.ResponseWriter.WriteHeader(p.code)
	first := p.first
	p.first = nil
	_, err := p.pass(first)
	return err
}

// keepNowhere lets no cache have an answer: also none that the app told something
// of its own, as RFC 9213 has it and what there was before it.
func keepNowhere(header http.Header) {
	for name := range header {
		switch low := strings.ToLower(name); {
		case strings.HasSuffix(low, "-cache-control"), low == "surrogate-control", low == "edge-control", low == "x-accel-expires":
			delete(header, name)
		}
	}
	header.Set("Cache-Control", "no-store")
}

// forAll says whether an answer is the same for everybody, by what the app says of it.
func forAll(cacheControl string) bool {
	return slices.ContainsFunc(strings.Split(strings.ToLower(cacheControl), ","), func(s string) bool { return strings.TrimSpace(s) == "public" })
}

// isHTML reads a type as browsers do, also one whose parameters are wrong.
func isHTML(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// legible says whether the banner can be put into HTML that comes so.
func legible(header http.Header) bool {
	kind, encoding := strings.ToLower(header.Get("Content-Type")), header.Get("Content-Encoding")
	return (encoding == "" || strings.EqualFold(encoding, "identity")) && !strings.Contains(kind, "utf-16") && !strings.Contains(kind, "utf-32")
}

// whole says whether a browser shows the answer as a page: it isn't what a script
// puts into one.
func whole(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "", "document", "iframe", "frame", "embed", "object":
		return r.Method != http.MethodHead && r.Header.Get("X-Requested-With") == ""
	}
	return false
}

func (p *page) Write(data []byte) (int, error) {
	if p.code == 0 {
		p.WriteHeader(http.StatusOK)
	}
	if p.decided {
		return p.pass(data)
	}
	if p.first = append(p.first, data...); len(p.first) < toSniff {
		return len(data), nil
	}
	return len(data), p.decide()
}

// pass writes the answer, of a page what the banner isn't waited for with.
func (p *page) pass(data []byte) (int, error) {
	switch {
	case p.dropped:
		return len(data), nil
	case p.held == nil:
		return p.ResponseWriter.Write(data)
	}
	p.held.Write(data)
	if bytes.IndexByte(data, '>') < 0 && p.held.Len() <= mostHeld {
		return len(data), nil // no tag has ended
	}
	if at, found := place(p.held.Bytes()); found || p.held.Len() > mostHeld {
		return len(data), p.show(at)
	}
	return len(data), nil
}

// place is where the banner goes: behind the body's tag, which a comment, a
// script or a title may speak of as well. While none is found it is the first
// place there is.
func place(text []byte) (at int, found bool) {
	tokens, read := html.NewTokenizer(bytes.NewReader(text)), 0
	for {
		kind := tokens.Next()
		read += len(tokens.Raw())
		if kind == html.ErrorToken {
			return at, false
		}
		if kind == html.DoctypeToken {
			at = read
		}
		if kind == html.StartTagToken || kind == html.SelfClosingTagToken {
			if name, _ := tokens.TagName(); string(name) == "body" {
				return read, true
			}
		}
	}
}

// show writes what was held, with the banner at this place.
func (p *page) show(at int) error {
	held := p.held.Bytes()
	p.held = nil
	for _, part := range [][]byte{held[:at], p.banner, held[at:]} {
		if _, err := p.ResponseWriter.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// finish shows what is still held. Whoever has gone needs nothing.
func (p *page) finish() {
	if p.code != 0 && !p.decided {
		_ = p.decide()
	}
	if p.held != nil {
		at, _ := place(p.held.Bytes())
		_ = p.show(at)
	}
}

func (p *page) status() int {
	if p.code == 0 {
		return http.StatusOK
	}
	return p.code
}

// Flush sends what isn't held.
func (p *page) Flush() {
	if p.code == 0 {
		p.WriteHeader(http.StatusOK)
	}
	if !p.decided {
		_ = p.decide()
	}
	_ = http.NewResponseController(p.ResponseWriter).Flush() // a writer that can't, needn't
}

// Unwrap is for [http.ResponseController].
func (p *page) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// The banner is there twice, and lies over itself: fixed above the page, and at the
// page's begin, where it makes room and sticks. Where a page has the one scrolled away,
// because of what its body is or is moved by, the other stays.
var bannerHTML = template.Must(template.New("banner").Parse(`
{{- define "who"}}<span><strong><bdi>{{.Actor.Name}}</bdi></strong> acting as <strong><bdi>{{.Subject.Name}}</bdi></strong> ({{if .ReadOnly}}read-only{{else}}full access{{end}})
until <time datetime="{{.Until.UTC.Format "2006-01-02T15:04:05Z"}}">{{.Until.UTC.Format "15:04 UTC"}}</time>{{with .Reason}} · <bdi>{{.}}</bdi>{{end}}</span>{{end}}
<div id="understudy-banner" style="` + frameStyle + `"><div aria-hidden="true" style="` + layout + `">{{template "who" .}}<button form="understudy-end" tabindex="-1" style="` + buttonStyle + `">End now</button></div>
<div role="status" style="` + barStyle + `">{{template "who" .}}
<form id="understudy-end" method="post" action="` + Path + `end" style="` + formStyle + `"><input type="hidden" name="understudy_csrf" value="{{.Mark}}" /><button style="` + buttonStyle + `">End now</button></form></div></div>
`))

const (
	frameStyle = "all:initial!important;display:block!important;position:sticky!important;top:0!important;z-index:2147483647!important"
	layout     = "all:initial!important;display:flex!important;flex-wrap:wrap!important;gap:4px 16px!important;align-items:center!important;justify-content:space-between!important;" +
		"box-sizing:border-box!important;width:100%!important;max-height:50vh!important;overflow:auto!important;padding:8px 16px!important;background:#7a1f1f!important;color:#fff!important;font:14px/1.4 system-ui,sans-serif!important"
	barStyle    = layout + ";position:fixed!important;top:0!important;left:0!important;z-index:2147483647!important"
	formStyle   = "margin:0"
	buttonStyle = "font:inherit;color:#7a1f1f;background:#fff;border:0;border-radius:4px;margin:0;padding:2px 12px;cursor:pointer;white-space:nowrap"
)

// page is the app's answer to this agent.
func (g *Gate) page(w http.ResponseWriter, r *http.Request, a *Acting) *page {
	return &page{ResponseWriter: w, request: r, banner: g.banner(a), instead: func(w http.ResponseWriter) {
		g.Log.ErrorContext(r.Context(), "a page of the app isn't shown, because it is packed and the banner can't be in it", "path", r.URL.Path)
		g.show(w, notice{
			Title: "Can't be shown", Status: http.StatusBadGateway, Banner: template.HTML(g.banner(a)), //nolint:gosec // the banner is a template's, escaped
			Detail: "The app sent this page in a form that the banner can't be put into, and nobody acts as a customer without it. Tell the people who run this app.",
		})
	}}
}

// banner says who acts as whom, until when, and lets them end it.
func (g *Gate) banner(a *Acting) []byte {
	shown := *a
	if shown.Actor.Name == "" {
		shown.Actor.Name = shown.Actor.Email
	}
	var b bytes.Buffer
	err := bannerHTML.Execute(&b, struct {
		*Acting

		Mark string
	}{&shown, g.formMark(a.Actor.Email)})
	if err != nil {
		return []byte(strconv.Quote(err.Error())) // the template is constant
	}
	return b.Bytes()
}
