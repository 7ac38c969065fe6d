package csp

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// FuzzForHTML checks that nothing but nonces is put in, that the header stays
// a policy, and that a second pass over the result finds the same scripts and
// styles and has nothing to put in: the nonces stand where they mean
// something.
func FuzzForHTML(f *testing.F) {
	for _, seed := range []string{
		"<!doctype html><script>a</script><style>b</style><script src=http://x></script>",
		"<script><!--<script></script>--></script><svg><style><![CDATA[<style>]]></style><title><p></svg>",
		"<!--><style x='>'/><math><mi><script href=https://x /><![CDATA[",
		"<textarea></textare></textarea ><plaintext></style>",
	} {
		f.Add([]byte(seed))
	}
	const nonce = "qVery9UnlikelyQ"
	f.Fuzz(func(t *testing.T, html []byte) {
		if bytes.Contains(html, []byte(nonce)) {
			t.Skip("the mark is in the input")
		}
		before := slices.Clone(html)
		header, out := strict(t).ForHTML(html, func() string { return nonce })
		if !bytes.Equal(before, html) {
			t.Error("the input was changed")
		}
		if removed := bytes.ReplaceAll(out, []byte(` nonce="`+nonce+`"`), nil); !bytes.Equal(removed, html) {
			t.Errorf("more than nonces was put in: %q", out)
		}
		if _, err := Parse(header); err != nil {
			t.Errorf("bad header %q: %v", header, err)
		}
		again, outAgain := strict(t).ForHTML(out, func() string { return nonce })
		if !bytes.Equal(outAgain, out) {
			t.Errorf("the second pass put in more: %q", outAgain)
		}
		without := strings.ReplaceAll(header, " 'nonce-"+nonce+"'", "")
		if again != without {
			t.Errorf("the second pass found %q\nwant %q", again, without)
		}
	})
}

// FuzzParse checks that a policy that is taken reads the same when written.
func FuzzParse(f *testing.F) {
	f.Add(Default().String())
	f.Add("script-src 'nonce-a' 'sha256-b'; ;; sandbox")
	f.Add("img-src self, *;x")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q: got %v, %v", p, again, err)
		}
		if strings.ContainsAny(p.String(), "\r\n\x00") {
			t.Errorf("%q is no header", p)
		}
	})
}
