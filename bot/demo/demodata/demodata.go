// Package demodata is the account directory of the demo: about two hundred
// invented companies. Some are assigned to the support agent of the demo, some
// to her colleague, and one has no plan, to show what a rule does then. Some
// complain, and colleagues write of it.
package demodata

import _ "embed"

// CustomersName is the file name that goes with Customers.
const CustomersName = "customers.jsonl"

//go:embed customers.jsonl
var customers string

// Customers is an account per line, as an accounts file has them.
func Customers() []byte { return []byte(customers) }
