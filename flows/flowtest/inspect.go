package flowtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// inspection looks for what rules may not do.
type inspection struct {
	fset   *token.FileSet
	info   *types.Info
	pkg    *types.Package
	said   map[string]bool
	faults []string
}

// fault says each thing once, where it is first.
func (i *inspection) fault(at token.Pos, what, remedy string) {
	if i.said[what] {
		return
	}
	i.said[what] = true
	i.faults = append(i.faults, fmt.Sprintf("%s (line %d): %s", what, i.fset.Position(at).Line, remedy))
}

const (
	noClock      = "rules know no clock; r.Time() is when the request was made"
	noMachine    = "what this machine is set to isn't a fact; r.Time() is in UTC, and time.FixedZone makes other zones"
	noRandomness = "rules know no randomness: the same request must get the same answer"
	noIO         = "rules do no I/O; what they read is a fact of the request"
	noGoroutine  = "rules run in one goroutine, and are over when they return"
	noMemory     = "rules remember nothing: the same request must get the same answer"
)

// allowed are packages that compute and do nothing else.
func allowed(path string) bool {
	return slices.Contains([]string{
		flowsPath, "bytes", "cmp", "embed", "encoding/base64", "encoding/hex", "encoding/json", "errors", "fmt", "iter", "maps", "math", "math/big", "math/bits",
		"net/mail", "net/netip", "net/url", "path", "regexp", "slices", "sort", "strconv", "strings", "text/template", "time", "unicode", "unicode/utf8",
	}, path)
}

func (i *inspection) inspectImport(spec *ast.ImportSpec) {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil || allowed(path) {
		return
	}
	first, _, _ := strings.Cut(path, "/")
	remedy := "rules may import what only computes, such as strings, strconv, slices, time and flows"
	switch {
	case path == "math/rand" || path == "math/rand/v2" || path == "crypto/rand":
		remedy = noRandomness
	case slices.Contains([]string{"bufio", "database", "io", "log", "net", "os", "syscall", "plugin"}, first):
		remedy = noIO
	case slices.Contains([]string{"sync", "context", "runtime"}, first):
		remedy = noGoroutine
	case strings.Contains(first, "."):
		remedy = "its code isn't in the flow's Source, so a case couldn't pin it; " + remedy
	}
	i.fault(spec.Pos(), "it imports "+path, remedy)
}

func (i *inspection) inspectNode(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		i.fault(n.Pos(), "it starts a goroutine", noGoroutine)
	case *ast.SelectStmt:
		i.fault(n.Pos(), "it has a select", noGoroutine)
	case *ast.SelectorExpr:
		i.inspectName(n)
	case *ast.CallExpr:
		i.inspectCall(n)
	case *ast.AssignStmt:
		for _, left := range n.Lhs {
			i.inspectChange(left)
		}
	case *ast.IncDecStmt:
		i.inspectChange(n.X)
	}
}

// inspectName looks at a name of a package, such as time.Now.
func (i *inspection) inspectName(n *ast.SelectorExpr) {
	name := n.Sel.Name
	pkg := ""
	if id, ok := n.X.(*ast.Ident); ok {
		if named, ok := i.info.Uses[id].(*types.PkgName); ok {
			pkg = named.Imported().Path()
		}
	}
	remedy := ""
	switch {
	case pkg == "" && name == "Local", pkg == "time" && (name == "Local" || name == "LoadLocation"):
		remedy = noMachine
	case pkg == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, name):
		remedy = noClock
	case pkg == "fmt" && slices.ContainsFunc([]string{"Print", "Fprint", "Scan", "Fscan"}, func(start string) bool { return strings.HasPrefix(name, start) }):
		remedy = noIO
	}
	if remedy == "" {
		return
	}
	if pkg != "" {
		name = pkg + "." + name
	}
	i.fault(n.Pos(), "it uses "+name, remedy)
}

// inspectCall looks at built-in functions that write.
func (i *inspection) inspectCall(n *ast.CallExpr) {
	id, ok := n.Fun.(*ast.Ident)
	if !ok {
		return
	}
	builtin, ok := i.info.Uses[id].(*types.Builtin)
	if !ok {
		return
	}
	switch builtin.Name() {
	case "print", "println":
		i.fault(n.Pos(), "it calls "+builtin.Name(), noIO)
	case "delete", "clear", "copy":
		if len(n.Args) > 0 {
			i.inspectChange(n.Args[0])
		}
	}
}

// inspectChange looks at what is written to: a variable of the package lives on
// after the rule.
func (i *inspection) inspectChange(left ast.Expr) {
	for {
		switch inner := left.(type) {
		case *ast.IndexExpr:
			left = inner.X
		case *ast.SelectorExpr:
			left = inner.X
		case *ast.StarExpr:
			left = inner.X
		case *ast.ParenExpr:
			left = inner.X
		case *ast.Ident:
			if v, ok := i.info.Uses[inner].(*types.Var); ok && i.pkg != nil && v.Parent() == i.pkg.Scope() {
				i.fault(inner.Pos(), "it changes the variable "+inner.Name, noMemory)
			}
			return
		default:
			return
		}
	}
}
