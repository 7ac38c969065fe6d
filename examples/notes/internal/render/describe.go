package render

import (
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// Description is what a list says about a note.
type Description struct {
	Title   string
	Excerpt string // of the first paragraphs
	Plain   string // all of the text, as far as a person sees it, for searching
	Words   int
}

// excerptLength is that of an excerpt, in characters.
const excerptLength = 180

// Describe finds out the title and an excerpt of a note. The title is the
// first heading, or else the file's name, or else the beginning of the text.
func (r *Renderer) Describe(body, notePath string) Description {
	source := []byte(withoutFrontMatter(body))
	doc := r.markdown.Parser().Parse(text.NewReader(source))
	d := Description{Plain: oneLine(plain(doc, source))}
	d.Words = len(strings.Fields(d.Plain))
	var excerpt strings.Builder
	// A walker that returns no error makes a walk that returns none.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			if d.Title == "" {
				d.Title = oneLine(plain(n, source))
			}
			return ast.WalkSkipChildren, nil
		case *ast.Paragraph, *ast.TextBlock:
			if excerpt.Len() < excerptLength {
				excerpt.WriteString(plain(n, source))
				excerpt.WriteByte(' ')
			}
			return ast.WalkSkipChildren, nil
		case *ast.FencedCodeBlock, *ast.CodeBlock, *ast.HTMLBlock, *east.Table:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	d.Excerpt = shorten(oneLine(excerpt.String()), excerptLength)
	if d.Title == "" && notePath != "" {
		base := path.Base(notePath)
		d.Title = oneLine(strings.Map(func(r rune) rune {
			if r == '-' || r == '_' {
				return ' '
			}
			return r
		}, strings.TrimSuffix(base, path.Ext(base))))
	}
	if d.Title == "" {
		d.Title = shorten(d.Excerpt, 60)
	}
	if d.Title == "" {
		d.Title = "Untitled"
	}
	return d
}

// plain is the text of a node and of those below.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock || n.Kind() == east.KindTableCell {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			b.Write(n.Lines().Value(source))
			b.WriteByte(' ')
		case *ast.RawHTML, *ast.HTMLBlock:
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// oneLine makes one line of a text, without characters that are not shown.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// shorten cuts a text at a word, if it has more than n characters.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	s = string([]rune(s)[:n])
	if i := strings.LastIndexByte(s, ' '); i > len(s)/2 {
		s = s[:i]
	}
	return s + "…"
}

// frontMatterKey is how the first line of front matter looks. Three hyphens
// alone can be a rule too, and no text may vanish.
var frontMatterKey = regexp.MustCompile(`^[A-Za-z_][\w-]*:( |\n|$)`)

// withoutFrontMatter cuts off the lines between --- with which some tools
// begin a file.
func withoutFrontMatter(body string) string {
	rest, ok := strings.CutPrefix(body, "---\n")
	if !ok || !frontMatterKey.MatchString(rest) {
		return body
	}
	if _, after, ok := strings.Cut(rest, "\n---\n"); ok {
		return after
	}
	return body
}
