package engine

import (
	"html/template"
	"io"
	"time"
)

// RecoverySheet is what the printed page with the recovery code says.
type RecoverySheet struct {
	Organization string
	Domain       string // as people write it
	Code         string
	Printed      time.Time
}

// RecoveryWords tells the page in a language; a Tongue of package app/i18n does.
type RecoveryWords interface {
	T(template string, parts ...any) string
}

// recoveryPage is one page that needs nothing else: no script, no picture, no font.
const recoveryPage = `<!DOCTYPE html>
<html lang="{{.Lang}}">
<head>
<meta charset="utf-8" />
<title>{{.Title}}</title>
<style>
@page { size: A4; margin: 25mm }
body { font-family: "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic", sans-serif; color: #17212E; line-height: 1.6; max-width: 160mm; margin: 10mm auto }
h1 { font-size: 22px; font-weight: 500; margin: 0 0 4px }
.of { color: #4A5768; margin: 0 0 24px }
.code { font-family: "Noto Sans Mono", monospace; font-size: 20px; letter-spacing: 1px; border: 1px solid #7F8B9B; border-radius: 10px; padding: 20px; overflow-wrap: anywhere }
li { margin-bottom: 6px }
.foot { color: #4A5768; font-size: 13px; border-top: 1px solid #DCE2E9; padding-top: 12px; margin-top: 32px }
</style>
</head>
<body>
<h1>{{.Title}}</h1>
<p class="of">{{.Of}}</p>
<p class="code">{{.Code}}</p>
<ol>{{range .Lines}}
<li>{{.}}</li>{{end}}
</ol>
<p class="foot">{{.Foot}}</p>
</body>
</html>
`

// RecoveryPage writes the page with the recovery code as one HTML file, to be printed
// and put into the safe. It holds the code in the open: write it
// where only its owner may read, and remove it when it is printed.
func RecoveryPage(w io.Writer, t RecoveryWords, s RecoverySheet) error {
	page, err := template.New("recovery").Parse(recoveryPage)
	if err != nil {
		return err
	}
	of := s.Domain
	if s.Organization != "" {
		of = s.Organization + " · " + s.Domain
	}
	return page.Execute(w, map[string]any{
		"Lang": t.T("en"), "Title": t.T("Recovery code of the mirrored mail"), "Of": of, "Code": s.Code,
		"Lines": []string{
			t.T("Print this page, put it into the safe, and keep no copy on a computer."),
			t.T("The code opens the mirrored mail when this computer and its keychain are lost."),
			t.T(`With the data folder on another computer, give "lifeboat key recover" and type the code.`),
			t.T("Whoever has the code and the data folder can read everybody's mail."),
		},
		"Foot": t.T("Printed {time} by Lifeboat. The code is shown this once.", "time", s.Printed.Format("2006-01-02 15:04")),
	})
}
