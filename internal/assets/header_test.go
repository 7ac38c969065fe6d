package assets

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheckHeaders(t *testing.T) {
	for _, test := range []struct {
		name      string
		set, want []Field
		err       string // part of the error
	}{
		{"none", nil, nil, ""},
		{"spelling", []Field{{"cross-origin-opener-policy", "same-origin"}}, []Field{{"Cross-Origin-Opener-Policy", "same-origin"}}, ""},
		{"nosniff", []Field{{"X-Content-Type-Options", "nosniff"}}, nil, ""},
		{"sniff", []Field{{"X-Content-Type-Options", "sniff"}}, nil, "nosniff"},
		{"foreign", []Field{{"Set-Cookie", "a=b"}}, nil, "not among"},
		{"framing", []Field{{"Content-Length", "5"}}, nil, "not among"},
		{"split", []Field{{"Permissions-Policy", "a\r\nSet-Cookie: x"}}, nil, "control character"},
		{"twice", []Field{{"Permissions-Policy", "a"}, {"permissions-policy", "b"}}, nil, "twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := checkHeaders(test.set)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if test.err == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var headerErr *HeaderError
			if !errors.As(err, &headerErr) || !strings.Contains(err.Error(), test.err) ||
				!strings.HasPrefix(err.Error(), "app.security.headers: ") {
				t.Errorf("error %v, want one about %q", err, test.err)
			}
		})
	}
}

func TestAppHeaders(t *testing.T) {
	app := newApp(t, AppOptions{Headers: []Field{{"cross-origin-opener-policy", "same-origin"}}})
	tag := ""
	for _, status := range []int{200, 304} {
		resp, _ := serve(t, app, get("app://localhost/app.js", "If-None-Match", tag))
		tag = resp.Get("ETag")
		if resp.Status != status || resp.Get("Cross-Origin-Opener-Policy") != "same-origin" {
			t.Errorf("status %d, header %v", resp.Status, resp.Header)
		}
	}
	if resp, _ := serve(t, app, get("app://localhost/x.js")); resp.Get("Cross-Origin-Opener-Policy") != "same-origin" {
		t.Errorf("404: header %v", resp.Header)
	}
}

func TestNewAppRefuses(t *testing.T) {
	for name, opts := range map[string]AppOptions{
		"header":   {Headers: []Field{{"Content-Type", "text/html"}}},
		"relative": {Builtin: map[string][]byte{"a.js": nil}},
		"root":     {Builtin: map[string][]byte{"/": nil}},
		"outside":  {Builtin: map[string][]byte{"/../a.js": nil}},
		"encoded":  {Builtin: map[string][]byte{"/%41.js": nil}},
		"query":    {Builtin: map[string][]byte{"/a.js?b": nil}},
	} {
		if app, err := NewApp(site, opts); err == nil || app != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
