package configs

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every sentence has a value for each of its parts, uses all that it is given,
// and ends as sentences do.
func TestSentencesAreComplete(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.go", "secret/*.go"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	count := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isSay(call.Fun) {
				return true
			}
			count++
			template, ok := literal(call.Args[0])
			if !ok {
				t.Errorf("%s: the template is no literal", fset.Position(call.Pos()))
				return true
			}
			given := []string{"at", "key"}
			for i := 1; i < len(call.Args); i += 2 {
				part, ok := literal(call.Args[i])
				if !ok || !strings.Contains(template, "{"+part+"}") {
					t.Errorf("%s: part %q is not in %q", fset.Position(call.Pos()), part, template)
				}
				given = append(given, part)
			}
			for _, part := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(template, -1) {
				if !slices.Contains(given, part[1]) {
					t.Errorf("%s: nothing fills {%s} in %q", fset.Position(call.Pos()), part[1], template)
				}
			}
			if !strings.HasSuffix(template, ".") && !strings.HasSuffix(template, "?") && !strings.HasSuffix(template, "{text}") {
				t.Errorf("%s: no end: %q", fset.Position(call.Pos()), template)
			}
			return true
		})
	}
	if count < 50 {
		t.Errorf("only %d sentences were found", count)
	}
}

func isSay(f ast.Expr) bool {
	switch f := f.(type) {
	case *ast.Ident:
		return f.Name == "Say"
	case *ast.SelectorExpr:
		return f.Sel.Name == "Say"
	}
	return false
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

func TestProblem(t *testing.T) {
	cause := errors.New("cause")
	p := Say("{at}: {key} is {value}.", "value", "{at}").Because(cause).at(place{"lifeboat.yaml", 3}, "language")
	if got, want := p.Text(), "lifeboat.yaml:3: language is {at}."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := p.Error(), "lifeboat.yaml:3: language is {at}. (cause)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	template, args := p.Sentence()
	if template != "{at}: {key} is {value}." || !slices.Equal(args, []string{"at", "lifeboat.yaml:3", "key", "language", "value", "{at}"}) {
		t.Errorf("got %q %q", template, args)
	}
	var err error = Problems{p, p.at(place{file: "LIFEBOAT_LANGUAGE"}, "")}
	if !errors.Is(err, cause) || len(ProblemsIn(err)) != 2 || len(ProblemsIn(p)) != 1 || ProblemsIn(cause) != nil {
		t.Error("problems are not found in errors")
	}
	if got, want := err.Error(), p.Error()+"\nLIFEBOAT_LANGUAGE:  is {at}. (cause)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestShow(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                  "plain",
		"line\nend\x00":          "line�end�",
		"\xff":                   "�",
		strings.Repeat("あ", 100): strings.Repeat("あ", 60) + "…",
	} {
		if got := show(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"organization", "language", "mx", "dns"}
	for word, want := range map[string]string{
		"organisation": "organization", "languages": "language", "lang": "", "mxx": "mx", "dsn": "dns", "x": "", "": "", "color": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
