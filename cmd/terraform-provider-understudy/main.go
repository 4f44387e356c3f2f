// Command terraform-provider-understudy lets Terraform provision the flows of a
// running bot, over its API.
//
// A flow's record is written as HCL instead of JSON, and the rest is the bot's:
// `terraform plan` asks it what the record would change, what speaks against it
// and how past requests would have been decided, and `terraform apply` makes it
// a version of the flow. The provider decides nothing by itself.
//
// One idea keeps plans quiet. The bot writes a record in its own way ("1h") and
// fills in what isn't given; what is written in a configuration ("60m") stays as
// long as it says the same.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
)

const address = "registry.terraform.io/understudyhq/understudy"

func main() {
	if err := providerserver.Serve(context.Background(), newProvider, providerserver.ServeOpts{Address: address}); err != nil {
		fmt.Fprintln(os.Stderr, "terraform-provider-understudy:", err)
		os.Exit(1)
	}
}
