package bundler

import (
	"bytes"
	"fmt"
	"html"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	nethtml "golang.org/x/net/html"
)

// page is an HTML file.
type page struct {
	name string // relative to the folder of the front end
	text []byte
	refs []ref
}

// ref is a file that a page names.
type ref struct {
	name       string // relative to the folder of the front end
	start, end int    // the tag, in the text
	key        string // the attribute
	bundled    bool
}

// readPages reads all pages of a folder.
func readPages(dir string) ([]*page, error) {
	var pages []*page
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != dir && (Ignored(d.Name()) || name == filepath.Join(dir, publicDir)):
			return fs.SkipDir
		case d.IsDir() || !isPage(name):
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		p := &page{name: filepath.ToSlash(rel), text: text}
		pages = append(pages, p)
		return p.parse()
	})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(pages, func(p *page) bool { return p.name == "index.html" }) {
		return nil, &Error{[]Message{{File: "index.html", Text: "there is no such file: it is the page that windows begin with"}}}
	}
	return pages, nil
}

func isPage(name string) bool { return slices.Contains([]string{".html", ".htm"}, path.Ext(name)) }

// Ignored reports whether nothing in a folder of that name belongs to the
// sources of a front end.
func Ignored(folder string) bool {
	return folder == "node_modules" || strings.HasPrefix(folder, ".")
}

// named are the attributes that name files, by element.
var named = map[string][]string{
	"script": {"src"}, "link": {"href"}, "img": {"src"}, "source": {"src"}, "video": {"src", "poster"}, "audio": {"src"},
	"track": {"src"}, "embed": {"src"}, "object": {"data"}, "input": {"src"},
}

// linked are the kinds of links that name files of the page.
var linked = []string{"icon", "apple-touch-icon", "manifest", "preload", "mask-icon", "stylesheet"}

func (p *page) parse() error {
	var bad []Message
	at := 0
	z := nethtml.NewTokenizer(bytes.NewReader(p.text))
	for {
		kind := z.Next()
		if kind == nethtml.ErrorToken {
			break
		}
		start := at
		at += len(z.Raw())
		if kind != nethtml.StartTagToken && kind != nethtml.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		keys := named[token.Data]
		if keys == nil {
			continue
		}
		kinds := strings.Fields(strings.ToLower(attribute(token, "rel")))
		if token.Data == "link" && !slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(linked, k) }) {
			continue
		}
		for _, key := range keys {
			name, ok := p.local(attribute(token, key))
			if !ok {
				continue
			}
			r := ref{name: name, start: start, end: at, key: key}
			switch {
			case token.Data == "script":
				r.bundled = strings.EqualFold(attribute(token, "type"), "module")
				if ext := path.Ext(name); !r.bundled && ext != ".js" {
					bad = append(bad, p.message(r, fmt.Sprintf(`only module scripts are bundled: write <script type="module" src="%s">`, attribute(token, key))))
				}
			case slices.Contains(kinds, "stylesheet"):
				r.bundled = true
			}
			p.refs = append(p.refs, r)
		}
	}
	if bad != nil {
		return &Error{bad}
	}
	return nil
}

func attribute(t nethtml.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// local returns the file that an address in the page stands for, unless it is
// that of something else: another site, a fragment, or what every app serves.
func (p *page) local(address string) (name string, ok bool) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "" || u.Host != "" || u.Path == "" {
		return "", false
	}
	if strings.HasPrefix(u.Path, "/") {
		name = path.Clean(u.Path)
	} else {
		name = path.Join("/", path.Dir(p.name), u.Path)
	}
	name = strings.TrimPrefix(name, "/")
	return name, name != "" && !strings.HasPrefix(name, "_mullion/")
}

// rewrite returns the page with the names of the bundled files.
func (p *page) rewrite(made map[string]entryOutput) []byte {
	var b bytes.Buffer
	at := 0
	styled := map[string]bool{}
	for _, r := range p.refs {
		m, ok := made[r.name]
		if !r.bundled || !ok {
			continue
		}
		b.Write(p.text[at:r.start])
		if m.css != "" && !styled[m.css] {
			styled[m.css] = true
			fmt.Fprintf(&b, `<link rel="stylesheet" href="/%s">`, html.EscapeString(m.css))
		}
		b.WriteString(withAttribute(p.text[r.start:r.end], r.key, "/"+m.file))
		at = r.end
	}
	b.Write(p.text[at:])
	return b.Bytes()
}

// withAttribute returns a tag with another value of an attribute.
func withAttribute(tag []byte, key, value string) string {
	z := nethtml.NewTokenizer(bytes.NewReader(tag))
	z.Next()
	token := z.Token()
	for i := range token.Attr {
		if token.Attr[i].Key == key {
			token.Attr[i].Val = value
		}
	}
	return token.String()
}

// message is what is wrong with a file that the page names.
func (p *page) message(r ref, text string) Message {
	before := p.text[:r.start]
	line := bytes.Count(before, []byte("\n"))
	begin := bytes.LastIndexByte(before, '\n') + 1
	whole, _, _ := bytes.Cut(p.text[begin:], []byte("\n"))
	return Message{File: p.name, Line: line + 1, Column: r.start - begin + 1, LineText: string(whole), Text: text}
}
