package cli_test

import (
	"os"

	"github.com/understudyhq/understudy/bot/cli"
	"github.com/understudyhq/understudy/flows"
)

// A program with a flow, which is asked about a request.
func ExampleProgram_Run() {
	program := cli.Program{Name: "bot", Rules: []flows.Flow{flows.Impersonation}}
	program.Run([]string{"flow", "simulate", "--set", "customer_plan=free"}, os.Stdout, os.Stderr)
	// Output:
	// customer_plan = free → approved: free tier account
	//   account      customer_plan = free
}
