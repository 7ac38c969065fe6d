package log

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/printable"
	"github.com/mullion-dev/mullion/plugin"
)

// Entry is a record, as functions of [Options] and [Target] get it. Its texts
// have no line feeds, no escape sequences of terminals and no characters that
// change the direction of text: what would be one is written as in Go's string
// literals, so that a record is one line and none looks like another one. They
// are cut where they are too long.
type Entry struct {
	Time  time.Time
	Level slog.Level
	// Source is where the record was made: "webview", or "webview::PLACE" with
	// the function, file and line of the script, as the page says it; in Go the
	// import path of the package, or the string attribute "source" if the record
	// has one.
	Source string
	// Message has 16 KiB at most.
	Message string
	// Window is the label of the webview that has logged; empty in Go.
	Window string
	// File and Line are what the page gives as options; in Go the place in the
	// source, if the record knows it.
	File string
	Line int
	// Values are the page's keyValues by their names, or the attributes of the
	// record in their order: at most 64. Those of a page have 16 KiB at most, with
	// their names; a last one, "…", says how many there were more.
	Values []KeyValue

	framework bool // of the framework itself
}

// KeyValue is an attribute as text. That of a group has its name in front:
// "request.size".
type KeyValue struct{ Key, Value string }

// Limits of an entry, in bytes as they are written and in numbers.
const (
	maxMessage = 16 << 10
	maxValue   = 4 << 10
	maxName    = 256
	maxValues  = 64
	// maxOfPage is that of all names and values of a page's record together.
	maxOfPage = 16 << 10
	maxSource = 1 << 10
)

// webviewSource begins the source of what pages log.
const webviewSource = "webview"

// recordArgs are the arguments of the command.
type recordArgs struct {
	Level     int               `json:"level"`
	Message   string            `json:"message"`
	Location  *string           `json:"location"`
	File      *string           `json:"file"`
	Line      *uint32           `json:"line"`
	KeyValues map[string]string `json:"keyValues,omitempty"`
}

// entry is what a page has said, made harmless.
func (a recordArgs) entry(level slog.Level) Entry {
	e := Entry{Level: level, Source: webviewSource, Message: printable.Text(a.Message, maxMessage)}
	if a.Location != nil && *a.Location != "" {
		e.Source += "::" + printable.Text(*a.Location, maxSource)
	}
	if a.File != nil {
		e.File = printable.Text(*a.File, maxSource)
	}
	if a.Line != nil {
		e.Line = int(*a.Line)
	}
	size := 0
	for i, key := range slices.Sorted(maps.Keys(a.KeyValues)) {
		v := KeyValue{printable.Text(key, maxName), printable.Text(a.KeyValues[key], maxValue)}
		if size += v.size(); i == maxValues || size > maxOfPage {
			e.Values = append(e.Values, KeyValue{"…", fmt.Sprintf("%d values more", len(a.KeyValues)-i)})
			break
		}
		e.Values = append(e.Values, v)
	}
	return e
}

// size is that of the record's text in bytes, without its time.
func (e Entry) size() int {
	n := len(e.Source) + len(e.File) + len(e.Message)
	for _, v := range e.Values {
		n += v.size()
	}
	return n
}

func (v KeyValue) size() int { return len(quoted(v.Key)) + len(quoted(v.Value)) + len(" =") }

// windowOf is the label of the webview that has called.
func windowOf(ctx context.Context) (string, error) {
	p, err := plugin.PageOf(ctx)
	if err != nil {
		return "", err
	}
	return p.Caller().Webview, nil
}

// Format is the text of a record as the published plugin has it, with the
// attributes behind it:
//
//	[2006-01-02][15:04:05][webview::save@app.js:7:3][INFO] saved size=12
func Format(e Entry) string { return format(e, name(e.Level)) }

// FormatColored is [Format] with the level in color, for a terminal.
func FormatColored(e Entry) string {
	const reset = "\x1b[0m"
	color := map[string]string{"TRACE": "\x1b[90m", "DEBUG": "\x1b[34m", "INFO": "\x1b[32m", "WARN": "\x1b[33m", "ERROR": "\x1b[31m"}[name(e.Level)]
	return format(e, color+name(e.Level)+reset)
}

func format(e Entry, level string) string {
	var b strings.Builder
	b.Grow(len(e.Source) + len(e.Message) + 64)
	b.WriteString(e.Time.Format("[2006-01-02][15:04:05]["))
	b.WriteString(e.Source)
	b.WriteString("][")
	b.WriteString(level)
	b.WriteString("] ")
	b.WriteString(e.Message)
	for _, v := range e.Values {
		b.WriteByte(' ')
		b.WriteString(quoted(v.Key))
		b.WriteByte('=')
		b.WriteString(quoted(v.Value))
	}
	return b.String()
}

var quotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quoted puts text into quotes that could not be told from what is around it.
func quoted(text string) string {
	if text != "" && !strings.ContainsAny(text, " =\"\t") {
		return text
	}
	return `"` + quotes.Replace(text) + `"`
}

// name is that of a level.
func name(l slog.Level) string {
	switch {
	case l < slog.LevelDebug:
		return "TRACE"
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARN"
	}
	return "ERROR"
}

// levels are those of the npm package, from 1.
var levels = [...]slog.Level{LevelTrace, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}

// levelOf is a level of the npm package.
func levelOf(number int) (slog.Level, bool) {
	if number < 1 || number > len(levels) {
		return 0, false
	}
	return levels[number-1], true
}

// number is the level in the npm package.
func number(l slog.Level) int {
	i, found := slices.BinarySearchFunc(levels[:], l, cmp.Compare[slog.Level])
	if found {
		i++
	}
	return max(i, 1)
}
