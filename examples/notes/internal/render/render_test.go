package render

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// holds is a notebook with one note and one picture.
type holds struct{}

func (holds) Note(_ context.Context, path string) (int64, bool) { return 12, path == "sub/other.md" }

func (holds) Picture(_ context.Context, path string) (string, bool) {
	return "/data/media/ab 1.png", path == "images/ok.png"
}

const okPicture = "asset://localhost/%2Fdata%2Fmedia%2Fab%201.png"

func TestHTML(t *testing.T) {
	const p = "images/ok.png"
	tests := []struct {
		name, path, body, want string
	}{
		{"heading", "a.md", "## A & B", `<h2 id="in-note-a--b">A &amp; B</h2>`},
		{"picture", "a.md", "![x](images/ok.png)", `<p><img src="` + okPicture + `" alt="x"/></p>`},
		{"picture from below", "sub/a.md", "![x](../images/ok.png)", `<p><img src="` + okPicture + `" alt="x"/></p>`},
		{"picture from the top", "sub/a.md", "![x](/images/ok.png)", `<p><img src="` + okPicture + `" alt="x"/></p>`},
		{"picture above the top", "a.md", "![x](../../images/ok.png)", `<p><img src="` + okPicture + `" alt="x"/></p>`},
		{"picture in HTML", "a.md", `<img src="images/ok.png" width="40">`, `<img src="` + okPicture + `" width="40"/>`},
		{"no such picture", "a.md", "![x](y.png)", `<p><span class="missing-picture" title="This picture is not in the notebook: y.png">x</span></p>`},
		{"picture on the net", "a.md", "![x](https://example.com/y.png)", `<p><span class="missing-picture" title="This picture is not in the notebook: https://example.com/y.png">x</span></p>`},
		{"note", "a.md", "[x](sub/other.md)", `<p><a href="note:12">x</a></p>`},
		{"place in a note", "sub/a.md", "[x](other.md#a-b)", `<p><a href="note:12#in-note-a-b">x</a></p>`},
		{"place here", "a.md", "[x](#a-b)", `<p><a href="#in-note-a-b">x</a></p>`},
		{"no such note", "a.md", "[x](y.md)", `<p><a title="y.md is not in this notebook">x</a></p>`},
		{"net", "a.md", "[x](https://example.com/?a=1&b=2)", `<p><a href="https://example.com/?a=1&amp;b=2">x</a></p>`},
		{"net by itself", "a.md", "https://example.com", `<p><a href="https://example.com">https://example.com</a></p>`},
		{"forged", "a.md", "[x](note:3) [y](NOTE:3)", `<p>x y</p>`},
		{"table", "a.md", "| a |\n|--:|\n| 1 |", `<td align="right">1</td>`},
		{"task", "a.md", "- [x] a", `<input checked="" disabled="" type="checkbox"/> a`},
		{"code", "a.md", "```go\na < b\n```", `<pre><code class="language-go">a &lt; b`},
		{"HTML", "a.md", "a <kbd>K</kbd> <mark>m</mark>", `<p>a <kbd>K</kbd> <mark>m</mark></p>`},
		{"front matter", "a.md", "---\ntitle: x\n---\ntext", "<p>text</p>"},
		{"rules are no front matter", "a.md", "---\na\n\n---\nb", "<p>a</p>"},
		{"empty", "", "", ""},
	}
	r := New()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.HTML(t.Context(), tt.body, tt.path, holds{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if got := AssetURL("/a b/c+d(é)'!.png"); got != "asset://localhost/%2Fa%20b%2Fc%2Bd%28%C3%A9%29%27%21.png" {
		t.Errorf("AssetURL: %s", got)
	}
}

// harmless are the elements that a note may have, each with the attributes
// that it may have beside those of every element. It is written down a second
// time here on purpose: a change of the policy has to be made twice.
var harmless = map[string]string{
	"h1": "align", "h2": "align", "h3": "align", "h4": "", "h5": "", "h6": "", "p": "align", "br": "", "hr": "", "div": "align class", "span": "class",
	"blockquote": "", "pre": "", "code": "class", "kbd": "", "samp": "", "var": "", "em": "", "strong": "", "b": "", "i": "", "u": "",
	"s": "", "del": "", "ins": "", "mark": "", "small": "", "sub": "", "sup": "", "abbr": "", "cite": "", "q": "", "dfn": "", "time": "",
	"ul": "", "ol": "start", "li": "", "dl": "", "dt": "", "dd": "", "details": "open", "summary": "", "figure": "", "figcaption": "",
	"table": "", "thead": "", "tbody": "", "tfoot": "", "tr": "", "caption": "", "section": "class",
	"th": "align colspan rowspan", "td": "align colspan rowspan",
	"a": "href class", "img": "src alt width height", "input": "type checked disabled",
}

var everywhere = []string{"id", "title", "lang", "dir"}

// active returns what in the HTML could act.
func active(t *testing.T, text string) (found []string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		switch n.Type {
		case html.CommentNode, html.DoctypeNode:
			found = append(found, "comment "+n.Data)
		case html.ElementNode:
			if n.Namespace != "" {
				found = append(found, "element of "+n.Namespace)
			}
			if slices.Contains([]string{"html", "head", "body"}, n.Data) && len(n.Attr) == 0 {
				continue // the parser's
			}
			attributes, ok := harmless[n.Data]
			if !ok {
				found = append(found, "element "+n.Data)
				continue
			}
			for _, a := range n.Attr {
				if !slices.Contains(strings.Fields(attributes), a.Key) && !slices.Contains(everywhere, a.Key) || !harmlessValue(n.Data, a) {
					found = append(found, n.Data+" "+a.Key+"="+a.Val)
				}
			}
		}
	}
	return found
}

func harmlessValue(element string, a html.Attribute) bool {
	switch {
	case element == "a" && a.Key == "href":
		u, err := url.Parse(a.Val)
		return err == nil && slices.Contains([]string{"", "http", "https", "mailto", "note"}, u.Scheme) && (u.Scheme != "" || strings.HasPrefix(a.Val, "#"))
	case element == "img" && a.Key == "src":
		return a.Val == okPicture
	case element == "input" && a.Key == "type":
		return a.Val == "checkbox"
	case a.Key == "id":
		return strings.HasPrefix(a.Val, AnchorPrefix)
	case a.Key == "class":
		return regexp.MustCompile(`^(language-.*|footnote.*|missing-picture)$`).MatchString(a.Val)
	}
	return true
}

// TestHostile renders the notes that were written to do harm.
func TestHostile(t *testing.T) {
	for _, file := range []string{"../../testdata/hostile/vectors.md", "../../welcome/hostile.md"} {
		t.Run(file, func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Whole, and line by line: what one vector opens must not hide
			// the next.
			parts := append([]string{string(body)}, strings.Split(string(body), "\n")...)
			for _, part := range parts {
				got, err := New().HTML(t.Context(), part, "a.md", holds{})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range active(t, got) {
					t.Errorf("%s is left of\n%.300s\nin\n%.300s", f, part, got)
				}
			}
		})
	}
	body, err := os.ReadFile("../../welcome/hostile.md")
	if err != nil {
		t.Fatal(err)
	}
	got, err := New().HTML(t.Context(), string(body), "a.md", holds{})
	if err != nil || !strings.Contains(got, "If you can read this in peace, it worked") {
		t.Errorf("the end of the note is missing (%v)", err)
	}
}

// TestActive breaks what TestHostile relies on, to see it noticed.
func TestActive(t *testing.T) {
	for _, s := range []string{
		"<script>1</script>", `<img src=x>`, `<p onclick=x>`, `<a href="javascript:x">`, `<svg></svg>`, `<p style=x>`, `<iframe>`, `<!-- x -->`, `<p id=note>`, `<a href="index.html">`, `<body onload=x>`,
	} {
		if len(active(t, s)) == 0 {
			t.Errorf("%s counts as harmless", s)
		}
	}
}

func FuzzHTML(f *testing.F) {
	for _, file := range []string{"../../testdata/hostile/vectors.md", "../../welcome/hostile.md", "../../welcome/writing.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
		for _, line := range strings.Split(string(b), "\n") {
			f.Add(line)
		}
	}
	r := New()
	f.Fuzz(func(t *testing.T, body string) {
		got, err := r.HTML(t.Context(), body, "a.md", holds{})
		if err != nil {
			t.Fatal(err)
		}
		if found := active(t, got); len(found) > 0 {
			t.Errorf("%q is left of %q", found, body)
		}
		r.Describe(body, "a.md")
	})
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		name, path, body string
		want             Description
	}{
		{"heading", "x.md", "# A *b* `c`\n\nOne\ntwo.", Description{"A b c", "One two.", "A b c One two.", 5}},
		{"later heading", "x.md", "One.\n\n## A", Description{"A", "One.", "One. A", 2}},
		{"file name", "dir/first-steps_here.md", "One.", Description{"first steps here", "One.", "One.", 1}},
		{"beginning", "", "One two.", Description{"One two.", "One two.", "One two.", 2}},
		{"nothing", "", " \n", Description{"Untitled", "", "", 0}},
		{"markup", "", "# T\n\n![alt](x.png) [link](y) <b>bold</b>\n\n```\ncode\n```\n\n<div>raw</div>", Description{"T", "alt link bold", "T alt link bold code", 5}},
		{"table", "", "# T\n\n| a | b |\n|--|--|\n| 1 | 2 |", Description{"T", "", "T a b 1 2", 5}},
		{"front matter", "", "---\ntags: x\n---\n# T", Description{"T", "", "T", 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := New().Describe(tt.body, tt.path); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
	long := New().Describe(strings.Repeat("word ", 100), "")
	if n := len([]rune(long.Excerpt)); n > excerptLength+1 || !strings.HasSuffix(long.Excerpt, "word…") {
		t.Errorf("excerpt of %d characters: %q", n, long.Excerpt)
	}
}
