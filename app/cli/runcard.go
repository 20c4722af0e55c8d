package cli

import (
	"bytes"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"lifeboat/app/engine"
	"lifeboat/app/i18n"
	"lifeboat/configs"
	"lifeboat/failover"
	"lifeboat/failover/drill/report"
)

// paper are the flags of what is written to be printed or kept.
type paper struct {
	format, language, out string
}

// flags declares them; formats are the ones there are.
func (p *paper) flags(c *cobra.Command, s *session, formats string) {
	t := s.tongue
	c.Flags().StringVar(&p.format, "format", "", t.T("the `FORMAT`: {list} (default: by the name of the file, or the first)", "list", formats))
	c.Flags().StringVar(&p.language, "language", "", t.T("the `LANGUAGE` to write in: en or ja"))
	c.Flags().StringVar(&p.out, "out", "", t.T("write it to `FILE`"))
}

// form is the format asked for: by flag, by the name of the file, or the usual one.
func (p *paper) form(s *session, usual report.Format) report.Format {
	switch {
	case p.format != "":
		return report.Format(strings.ToLower(p.format))
	case s.json && p.out == "":
		return report.FormatJSON
	}
	switch strings.ToLower(filepath.Ext(p.out)) {
	case ".html", ".htm":
		return report.FormatHTML
	case ".json":
		return report.FormatJSON
	case ".md":
		return report.FormatMarkdown
	default:
		return usual
	}
}

// tongue is the language asked for, or the session's.
func (p *paper) tongue(s *session) (*i18n.Tongue, error) {
	if p.language == "" {
		return s.tongue, nil
	}
	for _, l := range i18n.Languages() {
		if strings.EqualFold(p.language, string(l)) {
			return i18n.New(l)
		}
	}
	return nil, failover.Fail(failover.ErrInvalid, "--language is en or ja, not {value}", "value", p.language)
}

// written says where something was written.
type written struct {
	File string `json:"file"`
}

// deliver puts what was written where it is wanted: into a file, whole or not at all,
// or on standard output.
func (p *paper) deliver(s *session, f report.Format, text []byte) error {
	if p.out != "" {
		if err := configs.WriteFile(p.out, text, 0o600); err != nil {
			return err
		}
		s.note(s.tongue.T("Written: {file}", "file", p.out))
		return s.document(written{p.out})
	}
	if s.json && f != report.FormatJSON {
		return failover.Fail(failover.ErrInvalid, "--json prints one JSON document: give --out FILE for another format")
	}
	if _, err := s.Out.Write(text); err != nil {
		return unwritten(err)
	}
	return nil
}

// runcardCommand prints the page to have on paper.
func (s *session) runcardCommand() *cobra.Command {
	var p paper
	c := &cobra.Command{
		Use:   "runcard [DOMAIN...]",
		Short: s.tongue.T("Print the one page to have on paper when mail fails: whom to call, what to type, what to say"),
		RunE: func(c *cobra.Command, domains []string) error {
			e, err := s.open()
			if err != nil {
				return err
			}
			tongue, err := p.tongue(s)
			if err != nil {
				return err
			}
			card, err := e.Runcard(c.Context(), engine.RuncardRequest{Domains: domains, Flags: s.placeFlags()})
			if err != nil {
				return err
			}
			var b bytes.Buffer
			form := p.form(s, report.FormatText)
			if err := report.Runcard(&b, card, tongue, form); err != nil {
				return err
			}
			return p.deliver(s, form, b.Bytes())
		},
	}
	p.flags(c, s, "text, md, html, json")
	return c
}

// placeFlags are the flags by which other commands find the settings and data that
// this one was pointed to; whole paths, since nobody knows where they will be typed.
func (s *session) placeFlags() string {
	var out []string
	add := func(flag, path string) {
		if path == "" {
			return
		}
		if whole, err := filepath.Abs(path); err == nil {
			path = whole
		}
		if strings.ContainsAny(path, " \t") {
			path = `"` + path + `"`
		}
		out = append(out, flag+" "+path)
	}
	config, data := s.place.Config, s.place.Data
	if config == "" {
		config = s.Getenv("LIFEBOAT_CONFIG")
	}
	if data == "" {
		data = s.Getenv("LIFEBOAT_DATA")
	}
	add("--config", config)
	add("--data", data)
	return strings.Join(out, " ")
}
