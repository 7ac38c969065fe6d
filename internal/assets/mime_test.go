package assets

import (
	"strings"
	"testing"
)

func TestMediaType(t *testing.T) {
	for name, want := range map[string]string{
		"a/index.html":     "text/html; charset=utf-8",
		"A.JS":             "text/javascript; charset=utf-8",
		"a.min.mjs":        "text/javascript; charset=utf-8",
		"a.css":            "text/css; charset=utf-8",
		"a.js.map":         "application/json",
		"a.wasm":           "application/wasm",
		"a.svg":            "image/svg+xml",
		"a.woff2":          "font/woff2",
		"a.webmanifest":    "application/manifest+json",
		"a.md":             "text/markdown; charset=utf-8",
		"a.ogg":            "audio/ogg",
		"a.flac":           "audio/flac",
		"a.pdf":            "application/pdf",
		"a":                "",
		"a.":               "",
		"a.html/b":         "",
		"archive.tar.what": "",
	} {
		if got := mediaType(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	for extension, kind := range mediaTypes {
		if extension != strings.ToLower(extension) || extension[0] != '.' {
			t.Errorf("%q can never be found", extension)
		}
		if strings.HasPrefix(kind, "text/") != strings.HasSuffix(kind, "; charset=utf-8") {
			t.Errorf("%q: %q: text, and only text, has a charset", extension, kind)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, test := range []struct{ sample, want string }{
		{"", textType},
		{"plain\ttext\r\n", textType},
		{"\xef\xbb\xbfwith a mark", textType},
		{"grüße", textType},
		{"cut gr\xc3", textType},
		{"\x1b[1mbold", textType},
		{"<html><script>", textType}, // never more than text
		{"latin gr\xfc\xdfe", binaryType},
		{"nul\x00", binaryType},
		{"\x7fELF", binaryType},
		{"bad \xff end", binaryType},
		{"\xff", binaryType},
	} {
		if got := sniff([]byte(test.sample)); got != test.want {
			t.Errorf("%q: got %q, want %q", test.sample, got, test.want)
		}
	}
}

func TestPassive(t *testing.T) {
	for kind, want := range map[string]bool{
		"image/png":                true,
		"video/mp4":                true,
		"audio/mpeg":               true,
		"font/woff2":               true,
		"application/pdf":          true,
		"image/svg+xml":            false,
		"text/html; charset=utf-8": false,
		"application/xhtml+xml":    false,
		"application/xml":          false,
		"text/plain":               false,
		"application/octet-stream": false,
		"":                         false,
	} {
		if got := isPassive(kind); got != want {
			t.Errorf("%q: got %v, want %v", kind, got, want)
		}
	}
}
