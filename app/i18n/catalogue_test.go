package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"lifeboat/app/i18n"
	"lifeboat/assets"
	"lifeboat/configs"
	"lifeboat/failover/drill"
)

// templateAt says which argument of a call is a template, by the name called.
var templateAt = map[string]int{"Say": 0, "T": 0, "printT": 0, "Fail": 1}

// TestEveryTemplateIsTranslated holds the source and the catalogues against each
// other, both ways.
func TestEveryTemplateIsTranslated(t *testing.T) {
	source := templates(t, "../..")
	for text, where := range scenarios(t) {
		source[text] = where
	}
	for _, p := range configs.Presets() {
		for _, step := range p.Console {
			source[step.Say] = "configs/presets.yaml: " + p.Name
		}
	}
	if len(source) < 100 {
		t.Fatalf("only %d templates found: the search is broken", len(source))
	}
	for _, l := range i18n.Languages()[1:] {
		words, err := i18n.Catalogue(l)
		if err != nil {
			t.Fatal(err)
		}
		for template, where := range source {
			word, ok := words[template]
			if !ok {
				t.Errorf("%s: no %s translation of\n\t%q", where, l, template)
				continue
			}
			if want, got := parts(template), parts(word); !slices.Equal(want, got) {
				t.Errorf("%s: the %s translation of %q has parts %v, not %v", where, l, template, got, want)
			}
		}
		for template := range words {
			if _, ok := source[template]; !ok {
				t.Errorf("the %s catalogue translates what nobody says:\n\t%q", l, template)
			}
		}
	}
}

// TestEachTemplateIsTranslatedOnce keeps two rooms from saying one template in two
// ways: the catalogues are one, so the later would speak for the earlier too.
func TestEachTemplateIsTranslatedOnce(t *testing.T) {
	for _, l := range i18n.Languages()[1:] {
		files, err := fs.Glob(assets.Translations, "translations/"+string(l)+"/*.yaml")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d catalogues, %v", l, len(files), err)
		}
		first := map[string]string{}
		for _, file := range files {
			words := map[string]string{}
			data, err := fs.ReadFile(assets.Translations, file)
			if err == nil {
				err = yaml.Unmarshal(data, &words)
			}
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for template := range words {
				if other, twice := first[template]; twice {
					t.Errorf("%q is translated in %s and in %s: keep one, or say the other in other words", template, other, file)
				}
				first[template] = file
			}
		}
	}
}

// TestJapaneseKeepsToTheHouse looks for what CONTRIBUTING.md ("Add a sentence") says
// is written another way.
func TestJapaneseKeepsToTheHouse(t *testing.T) {
	words, err := i18n.Catalogue(i18n.Japanese)
	if err != nil || len(words) < 100 {
		t.Fatalf("%d words, %v", len(words), err)
	}
	for _, rule := range []struct{ found, say string }{
		{`だれ`, "誰"},
		{`わか[らりるっ]`, "分かる"},
		{`：`, "a half-width colon and a space"},
		{`[0-9}] (通|件|台|個|人|回|行|分|秒|時間|日|つ)`, "digits closed up with their counter"},
		{`送信側|送信者`, "送信元 for servers, 差出人 for people"},
		{`浸透`, "反映"},
		{`答えが(ありません|違)`, "応答"},
		{`送信キュー|ジャーナル`, "送信待ち, 記録"},
		{`確認メール|試験メール`, "テストメール"},
		{`試験用サブドメイン`, "テスト用サブドメイン"},
		{`外で待`, "送信元で待機"},
		{`下さい|出来る|出来ます`, "ください, できます"},
	} {
		bad := regexp.MustCompile(rule.found)
		for _, word := range words {
			if bad.MatchString(word) {
				t.Errorf("%q: write %s", word, rule.say)
			}
		}
	}
}

// scenarios finds the texts of the drill scenarios, which are templates too.
func scenarios(t *testing.T) map[string]string {
	t.Helper()
	all, err := drill.Builtin(assets.Drills)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, s := range all {
		for _, text := range s.Texts() {
			out[text] = "assets/drills/" + s.Name + ".yaml"
		}
	}
	return out
}

var part = regexp.MustCompile(`\{[a-z_]+\}`)

func parts(template string) []string {
	found := part.FindAllString(template, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// templates finds the literal templates in all source files below root, and where
// each is said.
func templates(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != root || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			at, says := templateAt[called(call)]
			if !says || len(call.Args) <= at {
				return true
			}
			if text, ok := literal(call.Args[at]); ok && text != "" {
				out[text] = set.Position(call.Pos()).String()
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok1 := literal(e.X)
		right, ok2 := literal(e.Y)
		return left + right, ok1 && ok2 && e.Op == token.ADD
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return "", false
}
