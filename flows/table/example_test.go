package table_test

import (
	"fmt"

	"github.com/understudyhq/understudy/flows"
	"github.com/understudyhq/understudy/flows/table"
)

func ExampleTable_Check() {
	examples, err := table.Read([]byte(`{
	  "flow": "impersonation",
	  "examples": [
	    {"name": "free tier",
	     "given": {"fields": {"customer_plan": "free"}},
	     "want": {"result": "approved", "why": "a friend of mine"}}
	  ]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	outcome, err := examples.Check(flows.Impersonation, examples.Examples[0])
	fmt.Println(outcome.Explain())
	fmt.Println(err)
	// Output:
	// customer_plan = free → approved: free tier account
	// why is "free tier account", want "a friend of mine"
}
