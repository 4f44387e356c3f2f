package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/rs/zerolog"

	"github.com/understudyhq/understudy/bot/provision"
)

// Problem is an error as RFC 9457 writes it: what happened, what it means, and
// what to do, for people; and a type, for programs.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Errors are the fields that are wrong, of a problem with a record.
	Errors []provision.Problem `json:"errors,omitempty"`
	// Current is the version that there is, of a conflict.
	Current int `json:"current_version,omitempty"`
	// MaxAge is how old a sign-in may be, in seconds, where it isn't fresh.
	MaxAge int `json:"max_age,omitempty"`
}

func (p *Problem) Error() string {
	lines := []string{p.Detail}
	for _, e := range p.Errors {
		lines = append(lines, "  - "+e.Error())
	}
	return strings.Join(lines, "\n")
}

// TypeOpenCases is the type of a problem that goes away when cases end, or with
// open_cases=keep.
const TypeOpenCases = "urn:understudy:problem:open-cases"

// The other types of problems.
const (
	typeAuth     = "urn:understudy:problem:token"
	typeRole     = "urn:understudy:problem:role"
	typeRequest  = "urn:understudy:problem:request"
	typeRecord   = "urn:understudy:problem:record"
	typeMissing  = "urn:understudy:problem:not-found"
	typeConflict = "urn:understudy:problem:conflict"
	typeVersion  = "urn:understudy:problem:version-needed"
	typeFile     = "urn:understudy:problem:flow-of-a-file"
	typeStarting = "urn:understudy:problem:not-ready"
	typeInside   = "urn:understudy:problem:internal"
	typePlain    = "urn:understudy:problem:no-tls"
)

func problem(status int, kind, title, detail string) *Problem {
	return &Problem{Type: kind, Title: title, Status: status, Detail: detail}
}

func (p *Problem) write(w http.ResponseWriter, log zerolog.Logger) {
	w.Header().Set("Content-Type", "application/problem+json")
	write(w, p.Status, p, log)
}

// challenge is what a 401 wants: a token of the bot's, or what RFC 9470 says in its
// section 3 of a person whose sign-in isn't fresh.
func (p *Problem) challenge() string {
	if p.MaxAge > 0 {
		return fmt.Sprintf(`Bearer error="insufficient_user_authentication", error_description="A fresh sign-in at the app is required", max_age="%d"`, p.MaxAge)
	}
	return `Bearer realm="understudy"`
}

// write answers JSON. A client that has gone needs no answer.
func write(w http.ResponseWriter, status int, value any, log zerolog.Logger) {
	data, err := json.Marshal(value)
	if err != nil {
		log.Error().Err(err).Msg("writing an answer of the API")
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}
