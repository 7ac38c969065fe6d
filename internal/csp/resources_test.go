package csp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/internal/csp"
)

func TestResources(t *testing.T) {
	const document = `<!doctype html><base href="/a/?x&amp;y"><base href="/second">
		<script src=/main.js></script><script>"<img src=no>"</script><!-- <img src=no> -->
		<link rel="Shortcut Icon" href=" icon.png "><link rel=stylesheet href='s.css?a&amp;b'><link rel=canonical href=no><link href=no>
		<link rel=modulepreload href=/_app/start.js><a href=no><img alt=""><img src=""><img src=p.svg><video src=v.webm><source src=w.webm></video>
		<svg><script href=no></script></svg><template><img src=t.png></template>`
	base, got := csp.Resources([]byte(document))
	if base != "/a/?x&y" {
		t.Errorf("base %q", base)
	}
	want := []string{"/main.js", "icon.png", "s.css?a&b", "/_app/start.js", "p.svg", "v.webm", "w.webm", "t.png"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
