package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// notes are what no run can tell: why, and what was not measured.
//
//go:embed notes.md
var notes string

// groups are the tables of the document.
var groups = []struct{ id, title, text string }{
	{"start", "Start", "Times by the clock, from the start of the process. The first pixel is seen on the screen from outside: the runner asks the X server for the color in the middle of the window every half millisecond. “Start, one call, exit” is until the process has ended by itself, as soon as its page had an answer. Processor time hardly depends on what else the machine does."},
	{"calls", "Calls and events", "A call has 100 bytes each way. Calls are timed in the program, from one to the next, since clocks of pages have steps of 1 ms; percentiles are those of 2,000 calls in each round. Events and messages have to arrive in order."},
	{"bytes", "Bytes", "All bytes are compared, on the page's way by the program as they arrive, on the other by the page when the clock has stopped. 1 MiB is sent 32 times, 16 MiB 4 times, 100 MiB once. The small calls run one after the other during one transfer."},
	{"memory", "Memory and idle", "Over all processes of the program, a second after the last page was ready. PSS divides a page of memory by the number of processes that have it, whoever they belong to, and so depends on what else runs. “Shared pages counted once” is as if nothing else ran: what is private to each process, and each part of a file once. Idle is what all processes use of the processor in 10 s, after 15 s of rest."},
	{"size", "Size", "The program with its front end, without debug information. Libraries of the system are not part of it; Chromium itself is not counted."},
}

// document is benchmarks.md.
func (r *report) document() string {
	var s strings.Builder
	s.WriteString("<!-- Written by make bench-peers; the notes at its end are bench/peers/notes.md. -->\n\n# Benchmarks\n\n")
	s.WriteString("The same small program, made with Mullion and with others: one front end, the same commands, the same work. All sources are in\n`bench/peers`, and `make bench-peers` repeats this on any Linux machine that has the peers' tools. What could not be built or measured is said below.\n\n")
	fmt.Fprintf(&s, "| machine | |\n|---|---|\n| processor | %s, %d |\n| memory | %.0f GiB |\n| system | %s, Linux %s |\n| display | %s |\n| date | %s; rounds: %d, in %.0f s |\n| load before, after each round, at the end | %s |\n\n",
		r.Machine.Processor, r.Machine.Processors, r.Machine.MemoryGiB, r.Machine.System, r.Machine.Kernel, r.Machine.Display,
		r.Began.Format("2006-01-02 15:04 UTC"), r.Rounds, r.Seconds, strings.Join(r.Load, ", "))
	if r.busy() {
		s.WriteString("**The machine was busy with other programs.** Trust memory, sizes and processor times; times by the clock and rates, and ratios of them, only where they are far apart.\n\n")
	}
	s.WriteString("A load above the number of processors means that other programs ran, and that times by the clock are too long, for all. In each round all peers take\ntheir turns, in an order that changes. Cells are medians, in brackets the lowest and the highest value; ratios are medians of the ratios of the rounds.\n\n")
	r.peersTable(&s)
	r.goalsTable(&s)
	r.losses(&s)
	for _, g := range groups {
		r.group(&s, g.id, g.title, g.text)
	}
	s.WriteString("## Charts\n\nBars are medians, lines go from the lowest value to the highest.\n\n")
	for _, x := range r.Rows {
		if slices.Contains(charted, x.ID) && len(x.Values) > 0 {
			fmt.Fprintf(&s, "![%s](benchmarks/%s.svg)\n\n", x.Name, x.ID)
		}
	}
	s.WriteString(notes)
	return s.String()
}

func (r *report) peersTable(s *strings.Builder) {
	s.WriteString("## Peers\n\n| peer | what it is | made of |\n|---|---|---|\n")
	for _, p := range r.Peers {
		made := strings.Join(p.Made, ", ")
		if p.Missing != "" {
			made = "could not be built: " + p.Missing
		}
		fmt.Fprintf(s, "| %s | %s | %s |\n", p.Name, p.About, cell(made))
	}
	s.WriteString("\n")
	none := true
	for _, p := range r.Peers {
		for _, m := range []struct {
			how  string
			what map[string]string
		}{{"cannot", p.Lacks}, {"failed at", p.Failed}} {
			var names []string
			for what := range m.what {
				names = append(names, what)
			}
			slices.Sort(names)
			for _, what := range names {
				fmt.Fprintf(s, "- %s %s “%s”: %s\n", p.Name, m.how, rowName(what), cell(short(m.what[what])))
				none = false
			}
		}
	}
	if !none {
		s.WriteString("\n")
	}
}

// rowName is how people call a row or a group of them.
func rowName(id string) string {
	for _, w := range rows {
		if w.ID == id {
			return w.Name
		}
	}
	for _, g := range groups {
		if g.id == id {
			return g.title
		}
	}
	return id
}

// short is the beginning of what a program has said.
func short(text string) string {
	text, _, _ = strings.Cut(text, "; its last words:")
	return text
}

// cell is a text that does not end its cell.
func cell(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "|", `\|`)
	return strings.ReplaceAll(text, "\n", " ")
}

func (r *report) goalsTable(s *strings.Builder) {
	s.WriteString("## Goals\n\nWhat Mullion is to reach beside others, and where it is: ratios of its value to the other's.\n\n| row | goal | is | |\n|---|---|---|---|\n")
	for _, g := range goals {
		x, is, ok, known := g.reached(r)
		sign, mark := "≤", "missed"
		if x.More {
			sign = "≥"
		}
		if ok {
			mark = "met"
		}
		want := fmt.Sprintf("%s %.2g × %s", sign, g.value, g.peer)
		now := fmt.Sprintf("%.2f", is)
		if g.peer == "" {
			want = fmt.Sprintf("%s %g %s", sign, g.value, x.Unit)
			now = number(is) + " " + x.Unit
		}
		if !known {
			now, mark = "–", "not measured"
		}
		fmt.Fprintf(s, "| %s | %s | %s | %s |\n", x.Name, want, now, mark)
	}
	s.WriteString("\n")
}

// losses lists all rows in which another peer is ahead.
func (r *report) losses(s *strings.Builder) {
	s.WriteString("## Where others are ahead\n\nThe values are Mullion's and the other's. “Not sure” means that their lowest and highest values overlap.\n\n| row | by | Mullion | other | ratio | |\n|---|---|---|---|---|---|\n")
	for _, x := range r.Rows {
		ours, ok := x.Values["Mullion"]
		if !ok {
			continue
		}
		for _, p := range r.Peers {
			ratio := x.ratio(p.Name)
			if p.Name == "Mullion" || ratio == 0 || x.More == (ratio >= 1) || ratio == 1 {
				continue
			}
			theirs := x.Values[p.Name]
			mark := ""
			if ours.Low <= theirs.High && theirs.Low <= ours.High {
				mark = "not sure"
			}
			fmt.Fprintf(s, "| %s, %s | %s | %s | %s | %.2f | %s |\n", x.Name, x.Unit, p.Name, number(ours.Median), number(theirs.Median), ratio, mark)
		}
	}
	s.WriteString("\n")
}

func (r *report) group(s *strings.Builder, id, title, text string) {
	fmt.Fprintf(s, "## %s\n\n%s\n\n| |", title, text)
	var peers []peerInfo
	for _, p := range r.Peers {
		if p.Missing == "" {
			peers = append(peers, p)
			fmt.Fprintf(s, " %s |", p.Name)
		}
	}
	s.WriteString("\n|---" + strings.Repeat("|---", len(peers)) + "|\n")
	for _, x := range r.Rows {
		if x.Group != id {
			continue
		}
		fmt.Fprintf(s, "| %s, %s |", x.Name, x.Unit)
		for _, p := range peers {
			fmt.Fprintf(s, " %s |", r.cell(&x, p, true))
		}
		s.WriteString("\n")
	}
	s.WriteString("\n")
}
