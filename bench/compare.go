package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// A run is compared with a stored one by ratios within each: how long something
// takes is divided by how long the engine alone takes for a script message or for
// its start, measured in the same run, so that another machine, or a busy one,
// changes both. Nothing fails because of it.

// storedFile has the run that others are compared with.
const storedFile = "stored.json"

// The figures that others are divided by.
const (
	messageFigure    = "script message of the engine and its reply, likewise"
	messageCPUFigure = "processor time per script message: web process"
	engineFigure     = "start of the engine alone to the first message of its page"
)

// change is by what factor a figure is worse than in the stored run.
type change struct {
	name  string
	worse float64
	// was and is are the figures, and by what they were divided for worse.
	was, is figure
	by      string
}

// tolerance is from which factor on a change counts.
func tolerance(unit string) float64 {
	switch unit {
	case "MiB":
		return 1.05
	case "×", "":
		return 1.15
	}
	return 1.3
}

// yardstick names what a figure is divided by; "" where it is a ratio already, or
// does not depend on how fast the machine is.
func yardstick(f figure) string {
	switch {
	case f.Unit == "MiB" || f.Unit == "×" || f.Unit == "":
		return ""
	case strings.HasPrefix(f.Name, "start of"):
		return engineFigure
	case strings.HasPrefix(f.Name, "processor time"):
		return messageCPUFigure
	}
	return messageFigure
}

// rising reports whether more is better.
func rising(unit string) bool { return strings.HasSuffix(unit, "/s") }

// compare returns the figures that both runs have, the worst first, and those that
// could not be compared since a run lacks what they are divided by.
func compare(was, is report) (changes []change, left []string) {
	before := map[string]figure{}
	for _, f := range was.Figures {
		before[f.Name] = f
	}
	now := map[string]figure{}
	for _, f := range is.Figures {
		now[f.Name] = f
	}
	for _, f := range is.Figures {
		old, ok := before[f.Name]
		by := yardstick(f)
		if !ok || by == f.Name || old.Median <= 0 || f.Median <= 0 {
			continue
		}
		slower := 1.0 // the machine, now
		if by != "" {
			a, b := before[by].Median, now[by].Median
			if a <= 0 || b <= 0 {
				left = append(left, f.Name)
				continue
			}
			slower = b / a
		}
		c := change{name: f.Name, was: old, is: f, by: by, worse: f.Median / old.Median / slower}
		if rising(f.Unit) {
			c.worse = old.Median / f.Median / slower
		}
		changes = append(changes, c)
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.worse, a.worse) })
	return changes, left
}

// printChanges tells what got worse.
func printChanges(w io.Writer, was, is report) {
	changes, left := compare(was, is)
	fmt.Fprintf(w, "\nBeside the stored run of %s (%s, %d processors, load %q):\n", was.Began.Format("2006-01-02"), was.System, was.CPUs, was.LoadFrom)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	n := 0
	for _, c := range changes {
		if c.worse < tolerance(c.is.Unit) {
			continue
		}
		if n++; n == 1 {
			fmt.Fprintln(t, "worse by\twas\tis\t\t")
		}
		by := ""
		if c.by != "" {
			by = "divided by: " + c.by
		}
		fmt.Fprintf(t, "%.2f ×\t%s\t%s %s\t%s\t%s\n", c.worse, number(c.was.Median), number(c.is.Median), c.is.Unit, c.name, by)
	}
	t.Flush()
	fmt.Fprintf(w, "%d figures compared, %d worse.\n", len(changes), n)
	if len(left) > 0 {
		fmt.Fprintf(w, "%d not compared: that needs the parts calls and start in both runs.\n", len(left))
	}
}

func readReport(name string) (r report, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}
