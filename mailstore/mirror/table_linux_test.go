package mirror_test

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"
)

// table is what a benchmark measured, for people to read.
type table struct{ sections []*section }

// section is a piece of work, done by several programs in turn.
type section struct {
	way, work string
	programs  []string
	runs      map[string][]spent
}

// section finds a section, or begins it: benchmarks are run again and again.
func (t *table) section(way, work string) *section {
	for _, s := range t.sections {
		if s.way == way && s.work == work {
			return s
		}
	}
	s := &section{way: way, work: work, runs: map[string][]spent{}}
	t.sections = append(t.sections, s)
	return s
}

func (s *section) add(program string, run spent) {
	if !slices.Contains(s.programs, program) {
		s.programs = append(s.programs, program)
	}
	if run.durable == 0 {
		run.durable = run.wall
	}
	s.runs[program] = append(s.runs[program], run)
}

// middle is the median of each figure by itself.
func (s *section) middle(program string) (spent, bool) {
	runs := s.runs[program]
	if len(runs) == 0 {
		return spent{}, false
	}
	return spent{
		wall:    median(runs, func(r spent) time.Duration { return r.wall }),
		durable: median(runs, func(r spent) time.Duration { return r.durable }),
		cpu:     median(runs, func(r spent) time.Duration { return r.cpu }),
		peak:    median(runs, func(r spent) int64 { return r.peak }),
		wire:    median(runs, func(r spent) int64 { return r.wire }),
		trips:   median(runs, func(r spent) int { return r.trips }),
	}, true
}

func median[T cmp.Ordered](runs []spent, figure func(spent) T) T {
	all := make([]T, len(runs))
	for i, r := range runs {
		all[i] = figure(r)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// report tells the benchmark the ratios that have a budget.
func (s *section) report(b *testing.B) {
	b.Helper()
	mine, _ := s.middle(ours)
	for program, name := range map[string]string{theirs: "mbsync", uncompressed: "mbsync-plain", floor: "copy"} {
		if peer, there := s.middle(program); there {
			b.ReportMetric(mine.wall.Seconds()/peer.wall.Seconds(), "wall/"+name)
			b.ReportMetric(mine.durable.Seconds()/peer.wall.Seconds(), "durable/"+name)
		}
	}
	b.ReportMetric(float64(mine.peak)/1e6, "MB-peak")
	b.ReportMetric(float64(mine.wire)/1e3, "KB-wire")
	b.ReportMetric(float64(mine.trips), "roundtrips")
}

// print writes the table.
func (t *table) print(b *testing.B, messages int) {
	b.Helper()
	if len(t.sections) == 0 {
		return
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, err := fmt.Fprintf(out, "\n%d messages\tdurable s\twall s\tCPU s\tpeak MB\twire KB\tround trips\twall / mbsync\tdurable / mbsync\twall / copy\tdurable / copy\t\n", messages)
	for _, s := range t.sections {
		if err == nil {
			_, err = fmt.Fprintf(out, "%s, %s (%d times)\t\n", s.work, s.way, len(s.runs[ours]))
		}
		for _, program := range s.programs {
			r, _ := s.middle(program)
			if err == nil {
				_, err = fmt.Fprintf(out, "%s\t%.3f\t%.3f\t%.3f\t%.0f\t%.1f\t%d\t%s\t\n", program,
					r.durable.Seconds(), r.wall.Seconds(), r.cpu.Seconds(), float64(r.peak)/1e6, float64(r.wire)/1e3, r.trips, s.ratios(r))
			}
		}
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		b.Error(err)
	}
}

// ratios are a program's wall and durable times by mbsync's and by the copy's, where
// that ran too.
func (s *section) ratios(r spent) string {
	text := ""
	for i, program := range []string{theirs, floor} {
		if i > 0 {
			text += "\t"
		}
		peer, there := s.middle(program)
		if !there {
			text += "\t"
			continue
		}
		text += fmt.Sprintf("%.2f\t%.2f", r.wall.Seconds()/peer.wall.Seconds(), r.durable.Seconds()/peer.wall.Seconds())
	}
	return text
}
