package cli

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// usage is one line: app [OPTIONS] --config <config> <file> [COMMAND]
func (l *level) usage() string {
	parts := []string{l.path, "[OPTIONS]"}
	for i := range l.c.Args {
		if a := &l.c.Args[i]; !a.positional() && a.Required {
			parts = append(parts, a.display())
		}
	}
	for _, a := range l.places {
		text := a.display()
		if !a.Required {
			text = strings.NewReplacer("<", "[", ">", "]").Replace(text)
		}
		parts = append(parts, text)
	}
	if len(l.c.Subcommands) > 0 {
		parts = append(parts, "[COMMAND]")
	}
	return strings.Join(parts, " ")
}

// line is an entry of the help.
type line struct{ name, text string }

// help is what --help prints, or -h if it is not long.
func (l *level) help(long bool) string {
	var b strings.Builder
	paragraph := func(text string) {
		if text != "" {
			b.WriteString(strings.TrimRight(text, "\n") + "\n\n")
		}
	}
	section := func(title string, lines []line) {
		if len(lines) == 0 {
			return
		}
		width := 0
		for _, x := range lines {
			width = max(width, utf8.RuneCountInString(x.name))
		}
		b.WriteString(title + ":\n")
		for _, x := range lines {
			pad := strings.Repeat(" ", width-utf8.RuneCountInString(x.name)+2)
			text := strings.ReplaceAll(x.text, "\n", "\n"+strings.Repeat(" ", width+4))
			b.WriteString(strings.TrimRight("  "+x.name+pad+text, " ") + "\n")
		}
		b.WriteString("\n")
	}
	paragraph(l.c.BeforeHelp)
	about := l.c.Description
	if long {
		about = cmp.Or(l.c.LongDescription, about)
	}
	paragraph(about)
	paragraph("Usage: " + l.usage())
	var commands []line
	for _, name := range slices.Sorted(maps.Keys(l.c.Subcommands)) {
		commands = append(commands, line{name, l.c.Subcommands[name].Description})
	}
	if len(commands) > 0 {
		commands = append(commands, line{"help", "Print this message or the help of the given subcommand(s)"})
	}
	section("Commands", commands)
	var places, options []line
	for _, a := range l.places {
		places = append(places, line{strings.TrimSuffix(usageOf(a), " "), a.about(long)})
	}
	section("Arguments", places)
	for at := l; at != nil; at = at.parent {
		for i := range at.c.Args {
			if a := &at.c.Args[i]; !a.positional() && (at == l || a.Global) {
				options = append(options, line{optionOf(a.Short, a.display()), a.about(long)})
			}
		}
	}
	auto := func(short, name, text string) {
		if a, _ := l.long(name); a != nil {
			return
		}
		if a, _ := l.short(short); a != nil {
			short = ""
		}
		options = append(options, line{optionOf(short, "--"+name), text})
	}
	auto("h", "help", "Print help")
	auto("V", "version", "Print version")
	section("Options", options)
	paragraph(l.c.AfterHelp)
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func usageOf(a *Arg) string {
	if a.Required {
		return a.display()
	}
	return strings.NewReplacer("<", "[", ">", "]").Replace(a.display())
}

func optionOf(short, long string) string {
	if short == "" {
		return "    " + long
	}
	return "-" + short + ", " + long
}

func (a *Arg) about(long bool) string {
	text := a.Description
	if long {
		text = cmp.Or(a.LongDescription, text)
	}
	if len(a.PossibleValues) > 0 {
		text = strings.TrimLeft(text+" [possible values: "+strings.Join(a.PossibleValues, ", ")+"]", " ")
	}
	return text
}
