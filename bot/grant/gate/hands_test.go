package gate_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/understudyhq/understudy/bot/grant/gate"
	"github.com/understudyhq/understudy/bot/grant/granttest"
	"github.com/understudyhq/understudy/flows/approval"
)

// desk is Kim at an app of one handler, in which she is signed in.
type desk struct {
	t    *testing.T
	bot  *granttest.Bot
	url  string
	http *http.Client
}

func newDesk(t *testing.T, bot *granttest.Bot, app http.HandlerFunc) *desk {
	t.Helper()
	g, err := gate.New(gate.Options{URL: bot.URL, App: granttest.App, Token: bot.Token, Staff: func(*http.Request) string { return granttest.Kim }})
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, g, app)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, bot, server.URL, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// acts has Kim open a grant.
func (d *desk) acts(scope approval.Scope) (id string) {
	d.t.Helper()
	id = d.bot.Allowed("acct_42", "Acme", scope)
	if status, _, text := d.ask(http.MethodGet, "/understudy/open?code="+d.bot.Code(id), nil); status != http.StatusSeeOther {
		d.t.Fatalf("opening: %d\n%s", status, text)
	}
	return id
}

// ask sends a request with these headers, and reads the whole answer.
func (d *desk) ask(method, path string, headers map[string]string) (status int, header http.Header, text string) {
	d.t.Helper()
	response := d.begin(method, path, headers)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(data)
}

func (d *desk) begin(method, path string, headers map[string]string) *http.Response {
	d.t.Helper()
	return d.beginWith(method, path, headers, "")
}

// send sends a form.
func (d *desk) send(path string, headers map[string]string, form string) (status int, header http.Header, text string) {
	d.t.Helper()
	response := d.beginWith(http.MethodPost, path, headers, form)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(data)
}

var markField = regexp.MustCompile(`name="understudy_csrf" value="([^"]*)"`)

// mark is what the gate's forms have in them, of a notice or a banner.
func (d *desk) mark() string {
	d.t.Helper()
	_, _, text := d.ask(http.MethodGet, "/understudy/open?code=x", nil) // she acts already, and may end that
	if match := markField.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	d.t.Fatalf("no form:\n%s", text)
	return ""
}

// end clicks End now.
func (d *desk) end() {
	d.t.Helper()
	headers := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
	if status, _, text := d.send("/understudy/end", headers, "understudy_csrf="+url.QueryEscape(d.mark())); status != http.StatusSeeOther {
		d.t.Fatalf("End now: %d\n%s", status, text)
	}
}

func (d *desk) beginWith(method, path string, headers map[string]string, form string) *http.Response {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(form))
	if err != nil {
		d.t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := d.http.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	return response
}

// cookie is the value of the grant's.
func (d *desk) cookie() string {
	address, err := url.Parse(d.url)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, c := range d.http.Jar.Cookies(address) {
		if strings.HasSuffix(c.Name, "understudy_grant") {
			return c.String()
		}
	}
	return ""
}
