// Package render makes HTML of Markdown, for pages that have rights.
//
// A note is text of somebody else's, and HTML in it is wanted: real documents
// contain some. So everything that could act is removed here, before a page
// sees it. [Renderer.HTML] works in three steps: Markdown becomes HTML; links
// and pictures are pointed at what the notebook holds; and last, a sanitiser
// lets through what is on its list and nothing else. Whatever the steps before
// it make of a hostile text, the list decides.
package render

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
)

// Resolver knows what the notebook holds. Paths are those of the folder that
// a note came from, with slashes.
type Resolver interface {
	// Note returns the id of the note at a path.
	Note(ctx context.Context, path string) (id int64, ok bool)
	// Picture returns the absolute path of the file that holds a picture.
	Picture(ctx context.Context, path string) (file string, ok bool)
}

// Renderer renders notes. It is safe for concurrent use.
type Renderer struct {
	markdown goldmark.Markdown
	policy   *bluemonday.Policy
}

// New returns a renderer for GitHub's flavour of Markdown with footnotes.
func New() *Renderer {
	return &Renderer{
		markdown: goldmark.New(
			goldmark.WithExtensions(
				extension.Linkify, extension.Strikethrough, extension.TaskList, extension.Footnote,
				// An attribute, as the policy of the pages has no place for
				// styles in the text.
				extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			),
			goldmark.WithParserOptions(parser.WithAutoHeadingID()),
			goldmark.WithRendererOptions(html.WithUnsafe()), // see the package's comment
		),
		policy: policy(),
	}
}

// AnchorPrefix begins every id in a note, so that none is mistaken for an
// element of the page itself.
const AnchorPrefix = "in-note-"

// assetURL is the only address that a picture may have.
var assetURL = regexp.MustCompile(`^asset://localhost/[A-Za-z0-9%._~!*'()-]+$`)

// policy is what may be in a note.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "div", "span", "blockquote", "pre", "code", "kbd", "samp", "var",
		"em", "strong", "b", "i", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "abbr", "cite", "q", "dfn", "time",
		"ul", "ol", "li", "dl", "dt", "dd", "details", "summary", "figure", "figcaption",
		"table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "section",
	)
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("th", "td", "p", "div", "h1", "h2", "h3")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[1-9][0-9]?$`)).OnElements("th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("open").OnElements("details")
	p.AllowAttrs("title").Globally()
	p.AllowAttrs("lang", "dir").Matching(regexp.MustCompile(`^[A-Za-z-]{1,20}$`)).Globally()
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^` + AnchorPrefix + `[\p{L}\p{N}_:.-]+$`)).Globally()
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(language-[A-Za-z0-9_+#-]+|footnotes|footnote-ref|footnote-backref|missing-picture)$`)).
		OnElements("code", "div", "section", "a", "span")
	// note: leads to another note, # to a place in this one, the rest out of
	// the app.
	p.AllowAttrs("href").Matching(regexp.MustCompile(`^(?i:https?://|mailto:|note:[0-9]|#)`)).OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto", "note")
	p.AllowRelativeURLs(true)
	p.AllowAttrs("src").Matching(assetURL).OnElements("img")
	p.AllowURLSchemeWithCustomPolicy("asset", func(u *url.URL) bool { return u.Host == "localhost" })
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,4}$`)).OnElements("img")
	// Lists of tasks. They are shown, not used.
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^$`)).OnElements("input")
	return p
}

// HTML renders the body of a note that is at notePath in its folder; "" is for
// a note that is in none.
func (r *Renderer) HTML(ctx context.Context, body, notePath string, res Resolver) (string, error) {
	var out bytes.Buffer
	if err := r.markdown.Convert([]byte(withoutFrontMatter(body)), &out); err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	linked, err := relink(ctx, &out, notePath, res)
	if err != nil {
		return "", fmt.Errorf("render: %w", err)
	}
	return r.policy.SanitizeReader(linked).String(), nil
}

// AssetURL is the address of a file for pages, the same that convertFileSrc
// makes.
func AssetURL(file string) string {
	return "asset://localhost/" + strings.ReplaceAll(url.QueryEscape(file), "+", "%20")
}

// target is where a link or a picture of a note points to.
type target struct {
	path     string // in the folder; "" if it leads out of it
	fragment string
}

// resolve reads a relative address. ok is false for any other.
func resolve(notePath, address string) (t target, ok bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || strings.Contains(u.Path, "\\") {
		return target{}, false
	}
	t.fragment = u.Fragment
	if u.Path == "" {
		return t, true
	}
	p := path.Join(path.Dir("/"+notePath), u.Path)
	if strings.HasPrefix(u.Path, "/") {
		p = path.Clean(u.Path) // of the folder, as forges read it
	}
	t.path = strings.TrimPrefix(p, "/")
	return t, true
}

// noteURL is the address of another note.
func noteURL(id int64, fragment string) string {
	u := "note:" + strconv.FormatInt(id, 10)
	if fragment != "" {
		u += "#" + url.PathEscape(AnchorPrefix+fragment)
	}
	return u
}
