package flowtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// source is what rules speak of: the fields that they read, and the words and
// numbers that they know.
type source struct {
	fields  map[string]fieldKind
	texts   []string
	numbers []float64
}

type fieldKind string

const (
	textField   fieldKind = "Text"
	flagField   fieldKind = "Flag"
	numberField fieldKind = "Number"
)

var fieldKinds = []fieldKind{textField, flagField, numberField} //nolint:gochecknoglobals // a list that can't be a constant

const flowsPath = "github.com/understudyhq/understudy/flows"

// readSource reads the text of a flow's file, or of several, one after the
// other, and says what rules may not do.
func readSource(text string) (source, []string) {
	s := source{fields: map[string]fieldKind{}}
	if strings.TrimSpace(text) == "" {
		return s, []string{`it has no Source: embed the rules' own file, with //go:embed, so that a case pins the rules that decide it`}
	}
	fset := token.NewFileSet()
	packages := map[string][]*ast.File{}
	for _, part := range files(text) {
		file, err := parser.ParseFile(fset, "Source", part, parser.SkipObjectResolution)
		if err != nil {
			return s, []string{fmt.Sprintf("its Source isn't a Go file: %v; embed the rules' own file, with //go:embed", err)}
		}
		packages[file.Name.Name] = append(packages[file.Name.Name], file)
		s.learn(file)
	}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		faults = append(faults, inspect(fset, name, packages[name])...)
	}
	return s, faults
}

// files are the files of which the text is made.
func files(text string) (parts []string) {
	starts := regexp.MustCompile(`(?m)^package \w+`).FindAllStringIndex(text, -1)
	if len(starts) < 2 {
		return []string{text}
	}
	from := 0
	for _, next := range starts[1:] {
		parts = append(parts, text[from:next[0]])
		from = next[0]
	}
	return append(parts, text[from:])
}

// learn gathers what requests are to be made of.
func (s *source) learn(file *ast.File) {
	imported := map[*ast.BasicLit]bool{}
	for _, spec := range file.Imports {
		imported[spec.Path] = true
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			s.learnField(n)
		case *ast.BasicLit:
			if !imported[n] {
				s.learnWord(n)
			}
		}
		return true
	})
}

func (s *source) learnField(call *ast.CallExpr) {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) != 1 {
		return
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return
	}
	for _, kind := range fieldKinds {
		if name, err := strconv.Unquote(literal.Value); err == nil && method.Sel.Name == string(kind) {
			s.fields[name] = kind
		}
	}
}

func (s *source) learnWord(literal *ast.BasicLit) {
	if text, err := strconv.Unquote(literal.Value); err == nil && literal.Kind == token.STRING {
		s.texts = append(s.texts, text)
	}
	if n, err := strconv.ParseFloat(literal.Value, 64); err == nil {
		s.numbers = append(s.numbers, n)
	}
}

// inspect says what the files of one package do that rules may not. What they
// import isn't looked up: the names that they use are enough.
func inspect(fset *token.FileSet, name string, files []*ast.File) []string {
	i := &inspection{fset: fset, said: map[string]bool{}, info: &types.Info{Uses: map[*ast.Ident]types.Object{}}}
	dot := false
	for _, file := range files {
		for _, spec := range file.Imports {
			dot = dot || spec.Name != nil && spec.Name.Name == "."
			i.inspectImport(spec)
		}
	}
	config := types.Config{Importer: nowhere{}, Error: func(err error) {
		var typed types.Error
		if !errors.As(err, &typed) || dot || name == "flows" {
			return // the names of flows aren't known here
		}
		if missing, ok := strings.CutPrefix(typed.Msg, "undefined: "); ok && !strings.Contains(missing, ".") {
			i.fault(typed.Pos, "it uses "+missing, "that isn't in the flow's Source, so a case couldn't pin it: keep rules in one file, or append the other file's text to the Source")
		}
	}}
	i.pkg, _ = config.Check(name, fset, files, i.info) // its errors are Error's
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			i.inspectNode(n)
			return true
		})
	}
	return i.faults
}

// nowhere has a package for every path, with nothing in it.
type nowhere struct{}

// Import is a package of this path.
func (nowhere) Import(at string) (*types.Package, error) {
	name := path.Base(at)
	if regexp.MustCompile(`^v[0-9]+$`).MatchString(name) {
		name = path.Base(path.Dir(at))
	}
	pkg := types.NewPackage(at, name)
	pkg.MarkComplete()
	return pkg, nil
}
