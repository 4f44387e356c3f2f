package slacksim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxBody is more than any call of an app has.
const maxBody = 4 << 20

// args are a call's arguments: text from a form, anything from JSON.
type args map[string]any

// text is an argument as text.
func (a args) text(name string) string {
	switch v := a[name].(type) {
	case string:
		return v
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	default:
		return string(encoded(v))
	}
}

func (a args) flag(name string) bool { return a.text(name) == "true" || a.text(name) == "1" }

// object is an argument that is JSON: in a form it's a text that holds JSON.
func (a args) object(name string) (any, error) {
	text, ok := a[name].(string)
	if !ok {
		return a[name], nil
	}
	if text == "" {
		return nil, nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"[ERROR] " + name + " isn't JSON"}}
	}
	return v, nil
}

// readCall reads the token and the arguments of a form or a JSON body.
func readCall(r *http.Request) (token string, a args, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return "", nil, err
	}
	token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, err = parseArgs(r.Header.Get("Content-Type"), r.URL.RawQuery, body)
	if inBody := a.text("token"); inBody != "" {
		token = inBody
	}
	return token, a, err
}

func parseArgs(contentType, query string, body []byte) (args, error) {
	a := args{}
	if strings.HasPrefix(contentType, "application/json") {
		if len(body) > 0 {
			if err := json.Unmarshal(body, &a); err != nil {
				return args{}, fmt.Errorf("reading JSON: %w", err)
			}
		}
		return a, nil
	}
	for _, text := range []string{query, string(body)} {
		values, err := url.ParseQuery(text)
		if err != nil {
			return args{}, fmt.Errorf("reading a form: %w", err)
		}
		for name := range values {
			a[name] = values.Get(name)
		}
	}
	return a, nil
}
