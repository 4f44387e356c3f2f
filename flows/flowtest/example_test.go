package flowtest_test

import (
	"testing"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/flowtest"
)

func ExampleCheck() {
	test := func(t *testing.T) { flowtest.Check(t, flows.Impersonation) }
	_ = test // go test runs it, under a name such as TestFlow
}

func ExampleExamples() {
	table := []byte(`{
	  "flow": "impersonation",
	  "examples": [
	    {"name": "free tier",
	     "given": {"fields": {"customer_plan": "free"}},
	     "want": {"result": "approved", "why": "free tier account"}}
	  ]
	}`)
	test := func(t *testing.T) { flowtest.Examples(t, flows.Impersonation, table) }
	_ = test // go test runs it, under a name such as TestExamples
}
