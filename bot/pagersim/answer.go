package pagersim

import (
	"encoding/json"
	"net/http"
)

// failure is PagerDuty's error: an HTTP status, its own code and a sentence.
type failure struct {
	status  int
	code    int
	message string
	details []string
}

// PagerDuty's error codes, from its REST API's documentation of errors.

func unauthorized() failure {
	return failure{http.StatusUnauthorized, 2006, "Unauthorized", nil}
}

func notFound() failure {
	return failure{http.StatusNotFound, 2100, "Not Found", nil}
}

func rateLimited() failure {
	return failure{http.StatusTooManyRequests, 2020, "Rate Limit Exceeded", nil}
}

func invalid(detail string) failure {
	return failure{http.StatusBadRequest, 2001, "Invalid Input Provided", []string{detail}}
}

func refuse(w http.ResponseWriter, f failure) {
	type body struct {
		Message string   `json:"message"`
		Code    int      `json:"code"`
		Errors  []string `json:"errors,omitempty"`
	}
	reply(w, f.status, map[string]body{"error": {f.message, f.code, f.details}})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	// A client that has gone away is the only way in which this fails.
	_ = json.NewEncoder(w).Encode(body)
}
