// Command testreport runs go test -json, prints what it prints as go test does
// without -json, and at last which tests were the slowest, and how those that
// have failed are run again:
//
//	testreport -allow scripts/allowed-skips.txt -- go test -json ./...
//
// It fails when a test has failed, and in CI also when one was skipped for no
// known reason. A line of the file that is allowed is the package, a slash, the
// name of the test, and the reason why it may skip itself. Outside of CI other
// skips are only named.
//
// With -brief FILE what has failed is also appended to FILE, in at most
// briefLines lines: for the very end of a log of which only that is kept.
//
// A package from which nothing has been heard for long hangs: it is ended, and
// says what its goroutines do. It is given longer on a machine that is slow, so
// that no run ends because it is slow; go test needs no -timeout beside.
//
// What the tests have started ends with them, also when they are broken off, or
// testreport's own parent is.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

func main() {
	allow := flag.String("allow", "", "file that lists the tests that may be skipped")
	strict := flag.Bool("strict", os.Getenv("CI") == "true", "fail when another test is skipped; the default in CI")
	brief := flag.String("brief", "", "file to which a few lines about each failure are appended")
	flag.Parse()
	allowed, err := readAllowed(*allow)
	if err == nil {
		r := newReport(os.Stdout, allowed)
		if slices.Contains(flag.Args(), "-race") {
			r.test += " -race"
		}
		err = runTests(flag.Args(), r, *strict)
		if err != nil && *brief != "" {
			err = errors.Join(err, appendLines(*brief, r.brief(err)))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

// readAllowed reads a list of tests and reasons.
func readAllowed(file string) (map[string]string, error) {
	allowed := make(map[string]string)
	if file == "" {
		return allowed, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case len(fields) == 1:
			return nil, fmt.Errorf("%s:%d: %s may be skipped for no reason", file, n, fields[0])
		default:
			allowed[fields[0]] = strings.Join(fields[1:], " ")
		}
	}
	return allowed, nil
}

// event is what test2json writes, and what go build writes beside it.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64

	ImportPath  string // of build-output
	FailedBuild string // the ImportPath for which a package has failed
}

// report collects the results of tests.
type report struct {
	out     io.Writer
	allowed map[string]string // reason by test
	test    string            // what runs a test again, without its arguments

	output                  map[string][]byte // of tests that have not ended
	builds                  map[string][]byte // what go build said, by ImportPath
	passed, failed, skipped int
	packages, broken        int // packages that were tested, and that failed
	untested                int // packages without tests
	unknown                 []string

	begun    time.Time
	seeds    map[string]string // by package
	failures []event           // Output is all that the test printed
	broke    []event           // packages, with Output
	tests    []event           // those at the top that have run, and how long
	heard    func(e event)
}

func newReport(out io.Writer, allowed map[string]string) *report {
	return &report{out: out, allowed: allowed, test: "go test", output: map[string][]byte{}, builds: map[string][]byte{}, begun: time.Now(), seeds: map[string]string{}, heard: func(event) {}}
}

// read handles all events.
func (r *report) read(in io.Reader) error {
	s := bufio.NewScanner(in)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var e event
		if !bytes.HasPrefix(s.Bytes(), []byte("{")) || json.Unmarshal(s.Bytes(), &e) != nil {
			fmt.Fprintf(r.out, "%s\n", s.Bytes()) // not from test2json
			continue
		}
		r.event(e)
	}
	return s.Err()
}

func (r *report) event(e event) {
	name := e.Package + "/" + e.Test
	r.heard(e)
	switch e.Action {
	case "build-output":
		io.WriteString(r.out, e.Output)
		r.builds[e.ImportPath] = append(r.builds[e.ImportPath], e.Output...)
	case "output":
		if e.Test == "" && strings.HasPrefix(e.Output, "SKIP") {
			// A TestMain that leaves all of its tests out.
			r.skip(e.Package+"/TestMain", e.Output)
		}
		if seed, ok := strings.CutPrefix(e.Output, "-test.shuffle "); ok && e.Test == "" {
			r.seeds[e.Package] = strings.TrimSpace(seed)
		}
		r.output[name] = append(r.output[name], e.Output...)
	case "pass", "fail", "skip":
		text := r.output[name]
		delete(r.output, name)
		if e.Test == "" {
			r.packageEnd(e, text)
			return
		}
		if !strings.Contains(e.Test, "/") {
			r.tests = append(r.tests, e)
		}
		switch e.Action {
		case "pass":
			r.passed++
		case "skip":
			r.skip(name, lastLine(text))
		case "fail":
			r.failed++
			e.Output = string(text)
			r.failures = append(r.failures, e)
			r.out.Write(text)
		}
	}
}

// packageEnd prints how go test closes a package.
func (r *report) packageEnd(e event, text []byte) {
	if e.Action == "fail" {
		r.broken++
		// What was running when the package broke off has not ended.
		for _, name := range r.unfinished(e.Package) {
			r.out.Write(r.output[name])
			r.failures = append(r.failures, event{Package: e.Package, Test: strings.TrimPrefix(name, e.Package+"/"), Output: string(r.output[name])})
			delete(r.output, name)
		}
		r.broke = append(r.broke, event{Package: e.Package, Output: string(r.builds[e.FailedBuild]) + string(text)})
	}
	if e.Action == "skip" {
		r.untested++
	} else {
		r.packages++
	}
	for line := range strings.Lines(string(text)) {
		if e.Action == "fail" || strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "?   \t") || strings.HasPrefix(line, "SKIP") {
			io.WriteString(r.out, line)
		}
	}
}

func (r *report) unfinished(pkg string) (names []string) {
	for name := range r.output {
		if strings.HasPrefix(name, pkg+"/Test") || strings.HasPrefix(name, pkg+"/Fuzz") || strings.HasPrefix(name, pkg+"/Example") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (r *report) skip(name, why string) {
	r.skipped++
	if reason, ok := r.allowed[name]; ok {
		fmt.Fprintf(r.out, "skipped %s: %s\n", name, reason)
		return
	}
	r.unknown = append(r.unknown, name)
	fmt.Fprintf(r.out, "SKIPPED %s: %s\n", name, strings.TrimSpace(why))
}

// lastLine returns what a test printed before "--- SKIP".
func lastLine(text []byte) string {
	var last string
	for line := range strings.Lines(string(text)) {
		if l := strings.TrimSpace(line); l != "" && !strings.HasPrefix(l, "--- ") && !strings.HasPrefix(l, "=== ") {
			last = l
		}
	}
	return last
}

// slowest prints the tests that took longest.
func (r *report) slowest() {
	slices.SortStableFunc(r.tests, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	for i, e := range r.tests {
		if i == 12 || e.Elapsed < 2 {
			break
		}
		if i == 0 {
			fmt.Fprintln(r.out, "the slowest tests:")
		}
		fmt.Fprintf(r.out, "%6.1f s  %s %s\n", e.Elapsed, e.Package, e.Test)
	}
}

// again prints how each test that has failed is run again: by itself, and with
// all of its package in the same order.
func (r *report) again() {
	var packages []string
	for _, e := range r.causes() {
		if len(packages) == 0 {
			fmt.Fprintln(r.out, "what has failed, and how it is run again:")
		}
		levels := strings.Split(e.Test, "/")
		for i, l := range levels {
			levels[i] = "^" + regexp.QuoteMeta(l) + "$"
		}
		fmt.Fprintf(r.out, "  %s -count=1 -run '%s' %s\n", r.test, strings.ReplaceAll(strings.Join(levels, "/"), "'", `'\\''`), e.Package)
		if !slices.Contains(packages, e.Package) {
			packages = append(packages, e.Package)
		}
	}
	for _, p := range packages {
		if seed := r.seeds[p]; seed != "" {
			fmt.Fprintf(r.out, "  %s -count=1 -shuffle=%s %s\n", r.test, seed, p)
		}
	}
}

// causes are the failures but those of tests below which one is what has failed.
func (r *report) causes() []event {
	return slices.DeleteFunc(slices.Clone(r.failures), func(e event) bool {
		return slices.ContainsFunc(r.failures, func(f event) bool {
			return f.Package == e.Package && strings.HasPrefix(f.Test, e.Test+"/")
		})
	})
}

// finish prints the closing line and returns what is wrong.
func (r *report) finish(strict bool) error {
	r.slowest()
	r.again()
	fmt.Fprintf(r.out, "%d packages; tests and subtests: %d passed, %d failed, %d skipped; %d s in all\n", r.packages, r.passed, r.failed, r.skipped, int(time.Since(r.begun).Seconds()))
	switch {
	case r.broken > 0 || r.failed > 0:
		return fmt.Errorf("%d packages and %d tests failed", r.broken, r.failed)
	case r.packages+r.untested == 0:
		return fmt.Errorf("there was nothing to test")
	case strict && len(r.unknown) > 0:
		return fmt.Errorf("skipped without a reason in the list of skips that are allowed: %s", strings.Join(r.unknown, ", "))
	}
	return nil
}
