package consent

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

var pageHTML = template.Must(template.New("page").Parse(pageText))

// show writes the page. It holds a secret in its address, and is nobody's to keep,
// to frame or to refer from.
func (p *Page) show(w http.ResponseWriter, status int, s story) {
	var b bytes.Buffer
	if err := pageHTML.Execute(&b, s); err != nil {
		p.Log.Error().Err(err).Msg("writing a customer's page") // the template is constant
		status = http.StatusInternalServerError
	}
	for name, value := range map[string]string{
		"Content-Type":            "text/html; charset=utf-8",
		"Cache-Control":           "no-store",
		"Referrer-Policy":         "no-referrer",
		"X-Robots-Tag":            "noindex",
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	} {
		w.Header().Set(name, value)
	}
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // whoever has gone needs no page
}
