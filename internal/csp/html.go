package csp

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// ForHTML returns the header for an answer and the HTML to send with it.
//
// Each inline script is let through by its SHA-256, each <style> by a nonce,
// and each <script> with an http:// or https:// address by a nonce too: they
// were written by the author of the app. The sources are added to script-src
// and style-src (or to script-src-elem and style-src-elem, where engines look
// first), together with 'self'. A directive that does not exist begins as a
// copy of default-src, which it replaces for its kind. Nothing is added for
// what the HTML does not have, nor to what the policy's [Exemption] names.
//
// Attributes such as onclick and style are not covered. The bytes in html are
// UTF-8 and are not changed; out shares them if nothing was put in. Each call
// of nonce must return a new value that cannot be guessed, in the alphabet of
// base64; nil means random values of 128 bits or more. It is called at most
// twice, since scripts and styles have different ones: a nonce of a style,
// which a style sheet may find out, does not serve for a script.
func (p *Policy) ForHTML(html []byte, nonce func() string) (header string, out []byte) {
	if p == nil {
		return "", html
	}
	if p.exemption.All {
		return p.String(), html
	}
	if nonce == nil {
		nonce = rand.Text
	}
	r := &rewriter{
		in:     html,
		script: inline{skip: p.exempts("script-src"), free: p.allowsInline("script-src"), nonceOf: nonce},
		style:  inline{skip: p.exempts("style-src") || p.allowsInline("style-src"), nonceOf: nonce},
	}
	r.run()

	directives := slices.Clone(p.directives)
	directives = appendSources(directives, "script-src", r.script.sources)
	directives = appendSources(directives, "style-src", r.style.sources)
	return format(directives), r.finish()
}

// exempts reports whether a directive stays as it is, under its own name or
// that of its variant for elements.
func (p *Policy) exempts(name string) bool {
	return slices.Contains(p.exemption.Directives, name) || slices.Contains(p.exemption.Directives, name+"-elem")
}

// allowsInline reports whether the directive that governs the elements of a
// kind lets all of them through.
func (p *Policy) allowsInline(name string) bool {
	for _, n := range []string{name + "-elem", name, "default-src"} {
		if d := find(p.directives, n); d != nil {
			return d.allowsInline()
		}
	}
	return false
}

// allowsInline reports whether 'unsafe-inline' is there and in effect.
func (d *directive) allowsInline() bool {
	unsafe := false
	for _, s := range d.sources {
		s = strings.ToLower(s)
		if isNonceOrHash(s) || s == "'strict-dynamic'" {
			return false
		}
		unsafe = unsafe || s == "'unsafe-inline'"
	}
	return unsafe
}

// appendSources adds sources to the directive that governs elements. It does
// not write into the slices of the policy.
func appendSources(directives []directive, name string, sources []string) []directive {
	if len(sources) == 0 {
		return directives
	}
	elem := find(directives, name+"-elem")
	if elem != nil {
		elem.add(sources)
	}
	plain := find(directives, name)
	switch {
	case plain != nil: // also beside -elem, for engines that do not know that
		plain.add(sources)
	case elem == nil:
		var inherited []string
		if d := find(directives, "default-src"); d != nil {
			inherited = d.sources
		}
		directives = append(directives, directive{name, withSources(inherited, sources)})
	}
	return directives
}

// add puts in sources, but none that would cancel an 'unsafe-inline'.
func (d *directive) add(sources []string) {
	if d.allowsInline() {
		sources = slices.DeleteFunc(slices.Clone(sources), func(s string) bool { return isNonceOrHash(strings.ToLower(s)) })
	}
	if len(sources) > 0 {
		d.sources = withSources(d.sources, sources)
	}
}

// withSources returns old and added sources with 'self' and without 'none',
// which means nothing in company.
func withSources(old, added []string) []string {
	var result []string
	self := false
	for _, s := range old {
		if strings.EqualFold(s, "'none'") {
			continue
		}
		self = self || strings.EqualFold(s, "'self'")
		result = append(result, s)
	}
	if !self {
		result = append(result, "'self'")
	}
	return append(result, added...)
}

// inline collects what to add to one directive.
type inline struct {
	skip    bool // nothing is to be added
	free    bool // inline code is let through as it is
	nonceOf func() string
	nonce   string
	sources []string
}

// add puts in a source once.
func (i *inline) add(source string) {
	if !slices.Contains(i.sources, source) {
		i.sources = append(i.sources, source)
	}
}

// useNonce returns the nonce, made when it is first needed. It is empty, so
// that the engine refuses what is not let through, if the function that makes
// it breaks its promise.
func (i *inline) useNonce() string {
	if i.nonce == "" {
		nonce := i.nonceOf()
		if nonce == "" || strings.ContainsFunc(nonce, isNotBase64) {
			return ""
		}
		i.nonce = nonce
		i.add("'nonce-" + i.nonce + "'")
	}
	return i.nonce
}

func isNotBase64(c rune) bool {
	return c > '~' || !isLetter(byte(c)) && (c < '0' || c > '9') && !strings.ContainsRune("+/-_=", c)
}

// A rewriter walks through HTML and puts nonces in.
type rewriter struct {
	in            []byte
	out           []byte
	copied        int // how much of in is in out
	script, style inline
}

func (r *rewriter) run() {
	z := &tokenizer{in: r.in}
	for {
		tag, ok := z.next()
		if !ok {
			return
		}
		switch {
		case tag.end:
		case tag.name == "script" && !r.script.skip:
			r.scriptTag(tag)
		case tag.name == "style" && !r.style.skip:
			r.putNonce(tag, &r.style)
		}
	}
}

// scriptTag lets a script through.
func (r *rewriter) scriptTag(t tag) {
	src, external := t.attribute("src")
	if t.foreign && !external {
		if src, external = t.attribute("href"); !external {
			src, external = t.attribute("xlink:href")
		}
	}
	switch {
	case external && isWebAddress(src) && r.script.free:
		if source := addressSource(src); source != "" {
			r.script.add(source)
		}
	case external && isWebAddress(src):
		r.putNonce(t, &r.script)
	case external: // from the app itself, which is 'self'
	case r.script.free:
	case t.foreign:
		// In SVG the text has entities and comments: more than a hash of the
		// bytes could follow.
		r.putNonce(t, &r.script)
	case !t.closed || len(t.text) == 0: // does not run
	case !utf8.Valid(t.text) || bytes.IndexByte(t.text, 0) >= 0:
		// The engine replaces such bytes before it hashes.
		r.putNonce(t, &r.script)
	default:
		r.script.add(hashSource(t.text))
	}
}

// putNonce writes a nonce into the tag, unless the author has put one there.
func (r *rewriter) putNonce(t tag, i *inline) {
	if _, ok := t.attribute("nonce"); ok {
		return
	}
	nonce := i.useNonce()
	if nonce == "" {
		return
	}
	r.out = append(r.out, r.in[r.copied:t.nameEnd]...)
	r.copied = t.nameEnd
	r.out = append(r.out, ` nonce="`+nonce+`"`...)
}

// finish returns the HTML.
func (r *rewriter) finish() []byte {
	if r.copied == 0 {
		return r.in
	}
	return append(r.out, r.in[r.copied:]...)
}

// hashSource returns the source that lets through a script with the text.
// Engines hash it after line ends have become line feeds.
func hashSource(text []byte) string {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// isWebAddress reports whether the value of an attribute is an http:// or
// https:// address.
func isWebAddress(value string) bool {
	value = strings.ToLower(strings.Trim(html.UnescapeString(value), " \t\r\n\f"))
	return strings.HasPrefix(value, "http://") || strings.HasPrefix(value, "https://")
}

// addressSource returns the source for the script at an address: without its
// query, which sources do not have, or "" if it cannot stand in a policy.
func addressSource(value string) string {
	u, err := url.Parse(strings.Trim(html.UnescapeString(value), " \t\r\n\f"))
	if err != nil || u.Host == "" {
		return ""
	}
	source := u.Scheme + "://" + u.Host + strings.NewReplacer(";", "%3B", ",", "%2C").Replace(u.EscapedPath())
	if sourceProblem(source, true) != "" {
		return ""
	}
	return source
}
