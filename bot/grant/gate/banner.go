package gate

import (
	"bytes"
	"html/template"
	"mime"
	"net/http"
	"regexp"
	"strconv"
)

// page is an answer of the app to an agent who acts as a customer: HTML gets the
// banner, whatever else comes as it is.
type page struct {
	http.ResponseWriter

	request *http.Request
	banner  []byte
	code    int
	held    *bytes.Buffer // HTML so far, until it is known where the banner goes
}

func newPage(w http.ResponseWriter, r *http.Request, banner []byte) *page {
	return &page{ResponseWriter: w, request: r, banner: banner}
}

// mostHeld is how much of a page is held until its body begins, in bytes. A page
// that has none by then gets the banner first.
const mostHeld = 64 << 10

var bodyTag = regexp.MustCompile(`(?i)<body(\s[^>]*)?>`)

// WriteHeader decides whether it is a page.
func (p *page) WriteHeader(code int) {
	if p.code != 0 || code < http.StatusOK {
		p.ResponseWriter.WriteHeader(code)
		return
	}
	p.code = code
	header := p.Header()
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if kind == "text/html" && whole(p.request) && code != http.StatusNoContent && code != http.StatusNotModified {
		header.Set("Cache-Control", "no-store")
		if header.Get("Content-Length") != "" {
			header.Del("Content-Length")
		}
		p.held = new(bytes.Buffer)
	}
	p.ResponseWriter.WriteHeader(code)
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
		if p.Header().Get("Content-Type") == "" {
			p.Header().Set("Content-Type", http.DetectContentType(data))
		}
		p.WriteHeader(http.StatusOK)
	}
	if p.held == nil {
		return p.ResponseWriter.Write(data)
	}
	p.held.Write(data)
	if at := bodyTag.FindIndex(p.held.Bytes()); at != nil {
		return len(data), p.show(at[1])
	}
	if p.held.Len() > mostHeld {
		return len(data), p.show(0)
	}
	return len(data), nil
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
	if p.held != nil {
		_ = p.show(0)
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
	_ = http.NewResponseController(p.ResponseWriter).Flush() // a writer that can't, needn't
}

// Unwrap is for [http.ResponseController].
func (p *page) Unwrap() http.ResponseWriter { return p.ResponseWriter }

var bannerHTML = template.Must(template.New("banner").Parse(`
<div id="understudy-banner" role="status" style="` + bannerStyle + `">
<span><strong>{{.Actor.Name}}</strong> acting as <strong>{{.Subject.Name}}</strong> ({{if .ReadOnly}}read-only{{else}}full access{{end}})
until <time datetime="{{.Until.UTC.Format "2006-01-02T15:04:05Z"}}">{{.Until.UTC.Format "15:04 UTC"}}</time>{{with .Reason}} · {{.}}{{end}}</span>
<form method="post" action="` + Path + `end" style="margin:0"><input type="hidden" name="understudy_csrf" value="{{.Mark}}"><button style="font:inherit;padding:2px 12px;cursor:pointer">End now</button></form>
</div>
`))

const bannerStyle = "all:initial;position:sticky;top:0;z-index:2147483647;display:flex;gap:16px;justify-content:space-between;align-items:center;" +
	"box-sizing:border-box;width:100%;padding:8px 16px;background:#7a1f1f;color:#fff;font:14px/1.4 system-ui,sans-serif"

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
