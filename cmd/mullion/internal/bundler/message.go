package bundler

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Message is something about a place in the sources.
type Message struct {
	File     string // relative to the folder of the front end; empty: none
	Line     int    // from 1; 0: none
	Column   int    // from 1, in bytes
	LineText string
	Text     string
}

// String returns "file:line:column: text".
func (m Message) String() string {
	switch {
	case m.File == "":
		return m.Text
	case m.Line == 0:
		return m.File + ": " + m.Text
	}
	return fmt.Sprintf("%s:%d:%d: %s", m.File, m.Line, m.Column, m.Text)
}

// Error is what is wrong with the sources.
type Error struct{ Messages []Message }

func (e *Error) Error() string {
	lines := make([]string, len(e.Messages))
	for i, m := range e.Messages {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

func newError(list []api.Message) *Error { return &Error{messages(list)} }

// unresolved is esbuild's text about an import that leads nowhere, where that is no
// path.
var unresolved = regexp.MustCompile(`^Could not resolve "((?:@[^/"]+/)?[^./"][^/"]*)(?:/[^"]*)?"$`)

// missingPackage returns the npm package that a message misses, "" if it is about
// something else.
func missingPackage(m api.Message) string {
	if found := unresolved.FindStringSubmatch(m.Text); found != nil && !strings.ContainsAny(found[1], ": ") {
		return found[1]
	}
	return ""
}

func messages(list []api.Message) []Message {
	var all []Message
	for _, m := range list {
		text := m.Text
		if name := missingPackage(m); name != "" {
			text = fmt.Sprintf("%s\nThere is no npm package %s in node_modules. With Node.js installed, \"npm install %s\" puts it there. The path of a file of your own begins with \"./\".",
				text, name, name)
			m.Notes = nil // which are about a bundler with a configuration
		}
		for _, n := range m.Notes {
			if n.Text != "" {
				text += "\n" + n.Text
			}
		}
		one := Message{Text: text}
		if at := m.Location; at != nil {
			one.File, one.Line, one.Column, one.LineText = at.File, at.Line, at.Column+1, at.LineText
		}
		all = append(all, one)
	}
	return all
}
