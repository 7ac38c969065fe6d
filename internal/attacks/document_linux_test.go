package attacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/doctable"
)

// columns are the runs in the table of docs/confinement.md.
var columns = []string{unconfined, "environment", "namespaces", "Landlock", "seccomp", "seccomp and broker", unguarded, allLayers}

// TestDocument compares the tables for people with docs/confinement.json, or
// writes them.
func TestDocument(t *testing.T) {
	list, err := readRecords()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"probes": probeTable(list), "accepted": acceptedTable(list), "kernels": kernelTable(list), "root": rootTable(list), "unproven": unprovenTable(list),
	} {
		doctable.Check(t, textFile, name, text)
	}
}

// probeTable is probe by layers, as an ordinary user.
func probeTable(list []record) string {
	var b strings.Builder
	group := ""
	for _, r := range list {
		g, name, _ := strings.Cut(r.Probe, ": ")
		if g != group {
			group = g
			b.WriteString("\n### " + strings.ToUpper(g[:1]) + g[1:] + "\n\n")
			b.WriteString(doctable.Row(append([]string{"probe"}, columns...)...))
			b.WriteString("|" + strings.Repeat(" --- |", len(columns)+1) + "\n")
		}
		cells := []string{name}
		for _, c := range columns {
			cells = append(cells, cell(r.Results["user"][c]))
		}
		b.WriteString(doctable.Row(cells...))
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// cell is the worst of the three processes.
func cell(result string) string {
	who, all := open(result)
	switch {
	case all:
		return "**open**"
	case len(who) > 0 && strings.Contains(result, " absent"):
		return "**open**" // and one of the processes is what is attacked
	case len(who) > 0:
		return "**open** to " + strings.Join(who, ", ")
	case result == "absent":
		return "–"
	}
	// Refused to all. The web process's answer stands for the others.
	parts := strings.Split(result, ", ")
	_, answer, _ := strings.Cut(parts[len(parts)-1], " ")
	if len(parts) == 1 {
		return result
	}
	if answer == "absent" {
		_, answer, _ = strings.Cut(parts[0], " ")
	}
	return answer
}

// acceptedTable is what is open under all layers, and why.
func acceptedTable(list []record) string {
	i := slices.IndexFunc(runs, func(r run) bool { return r.name == allNetwork })
	b := doctable.Row("open with all layers", "why") + "| --- | --- |\n"
	for _, r := range list {
		if !opens(r, "user", allLayers) && !opens(r, "user", allNetwork) {
			continue
		}
		name := r.Probe
		if !opens(r, "user", allLayers) {
			name += " (with the network granted)"
		}
		reason, _ := accepts(runs[i], "user", r.Probe)
		b += doctable.Row(name, reason)
	}
	return b
}

func opens(r record, user, layers string) bool {
	who, _ := open(r.Results[user][layers])
	return len(who) > 0
}

// noNamespaces is the run that others without namespaces are compared with.
const noNamespaces = "no namespaces"

// kernelTable is what is open beyond that where a layer is missing.
func kernelTable(list []record) string {
	var b strings.Builder
	for _, run := range runs {
		if !run.kernel || run.name == allLayers || run.name == allNetwork {
			continue
		}
		than, title := allNetwork, run.name
		if strings.HasPrefix(run.name, noNamespaces+", ") {
			than = noNamespaces
		}
		var more string
		for _, r := range list {
			if opens(r, "user", run.name) && !opens(r, "user", than) && !opens(r, "user", allNetwork) {
				reason, _ := accepts(run, "user", r.Probe)
				more += doctable.Row(r.Probe, reason)
			}
		}
		if than == noNamespaces {
			than = "without namespaces"
		} else {
			than = "with all layers"
		}
		b.WriteString("\n### " + strings.ToUpper(title[:1]) + title[1:] + "\n\n")
		if more == "" {
			b.WriteString("Nothing is open that is not open " + than + ".\n")
			continue
		}
		b.WriteString(doctable.Row("open, and not "+than, "why") + "| --- | --- |\n" + more)
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// rootTable is where it matters that the user is root.
func rootTable(list []record) string {
	b := doctable.Row("probe", "layers", "ordinary user", "root") + "| --- | --- | --- | --- |\n"
	for _, r := range list {
		for _, run := range runs {
			if !run.root || run.free || opens(r, "user", run.name) == opens(r, "root", run.name) {
				continue
			}
			b += doctable.Row(r.Probe, run.name, cell(r.Results["user"][run.name]), cell(r.Results["root"][run.name]))
		}
	}
	return b
}

// unprovenTable is what was closed to everybody without any confinement.
func unprovenTable(list []record) string {
	b := doctable.Row("closed without confinement too", "why") + "| --- | --- |\n"
	for _, r := range list {
		if !opens(r, "user", unconfined) && !opens(r, "root", unconfined) {
			reason, _ := mayFail(r.Probe)
			b += doctable.Row(r.Probe, reason)
		}
	}
	return b
}
