package tui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"
)

// rawCalls finds calls of a method Raw in a file, and mentions of it as a value.
func rawCalls(t *testing.T, name string, source any) []token.Position {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []token.Position
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Raw" {
			found = append(found, set.Position(s.Pos()))
		}
		return true
	})
	return found
}

// S-01: nothing in this package may take an outside text as it came.
func TestNoRawTexts(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		files++
		for _, at := range rawCalls(t, e.Name(), nil) {
			t.Errorf("%v uses Raw; show outside text with shown", at)
		}
	}
	if files < 10 {
		t.Fatalf("only %d files were looked at", files)
	}
	if n := len(rawCalls(t, "bad.go", "package p\nfunc f(u interface{ Raw() string }) string { g := u.Raw; return g() }")); n != 1 {
		t.Fatalf("the check finds %d uses where there is one", n)
	}
}
