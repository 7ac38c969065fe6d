package render

import (
	"bytes"
	"context"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// relink points the links and pictures of a rendered note at what the notebook
// holds. A picture that it does not hold becomes its description; that goes
// for all that are on the net, which would learn who reads the note and when.
func relink(ctx context.Context, in io.Reader, notePath string, res Resolver) (*bytes.Buffer, error) {
	nodes, err := html.ParseFragment(in, &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil {
		return nil, err
	}
	l := linker{ctx, notePath, res}
	var out bytes.Buffer
	for _, n := range nodes {
		l.walk(n)
		if err := html.Render(&out, n); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

type linker struct {
	ctx      context.Context
	notePath string
	res      Resolver
}

func (l *linker) walk(n *html.Node) {
	if n.Type == html.ElementNode {
		if id, ok := attribute(n, "id"); ok {
			setAttribute(n, "id", AnchorPrefix+id)
		}
		switch n.DataAtom {
		case atom.A:
			l.link(n)
		case atom.Img:
			l.picture(n)
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.walk(c)
	}
}

func (l *linker) link(n *html.Node) {
	href, ok := attribute(n, "href")
	if !ok {
		return
	}
	t, ok := resolve(l.notePath, href)
	switch {
	case !ok:
		// With a scheme: the list decides. Only relink makes note: addresses.
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(href)), "note:") {
			removeAttribute(n, "href")
		}
	case t.path == "":
		setAttribute(n, "href", "#"+AnchorPrefix+t.fragment)
	default:
		if id, ok := l.res.Note(l.ctx, t.path); ok {
			setAttribute(n, "href", noteURL(id, t.fragment))
			return
		}
		removeAttribute(n, "href")
		setAttribute(n, "title", t.path+" is not in this notebook")
	}
}

func (l *linker) picture(n *html.Node) {
	src, _ := attribute(n, "src")
	alt, _ := attribute(n, "alt")
	if t, ok := resolve(l.notePath, src); ok && t.path != "" {
		if file, ok := l.res.Picture(l.ctx, t.path); ok {
			setAttribute(n, "src", AssetURL(file))
			return
		}
	}
	if alt == "" {
		alt = "Picture"
	}
	*n = html.Node{
		Parent: n.Parent, PrevSibling: n.PrevSibling, NextSibling: n.NextSibling,
		Type: html.ElementNode, Data: "span", DataAtom: atom.Span,
		Attr: []html.Attribute{{Key: "class", Val: "missing-picture"}, {Key: "title", Val: "This picture is not in the notebook: " + src}},
	}
	n.AppendChild(&html.Node{Type: html.TextNode, Data: alt})
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val, true
		}
	}
	return "", false
}

func setAttribute(n *html.Node, key, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == key && n.Attr[i].Namespace == "" {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: key, Val: value})
}

func removeAttribute(n *html.Node, key string) {
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		if a.Key != key {
			kept = append(kept, a)
		}
	}
	n.Attr = kept
}
