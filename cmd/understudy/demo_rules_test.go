package main

import (
	"testing"

	"github.com/understudyhq/understudy/flows/flowtest"
)

func TestDemoRules(t *testing.T) { flowtest.Check(t, demoRules()) }
