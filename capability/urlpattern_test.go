package capability

import (
	"net/url"
	"strings"
	"testing"
)

func TestURLPattern(t *testing.T) {
	tests := []struct {
		pattern string
		yes, no []string
	}{
		// What Tauri documents and tests.
		{"http://localhost:8080",
			[]string{"http://localhost:8080", "http://localhost:8080/", "http://localhost:8080/any/path?q=1#h"},
			[]string{"https://localhost:8080/", "http://localhost/", "http://localhost:8081/", "http://remote:8080/", "http://localhost:80801/"}},
		{"http://localhost:8080/file.png",
			[]string{"http://localhost:8080/file.png", "http://localhost:8080/file.png?q=1"},
			[]string{"http://localhost:8080/", "http://localhost:8080/file", "http://localhost:8080/file.png/x"}},
		{"http://localhost:8080/*.png",
			[]string{"http://localhost:8080/file.png#h", "http://localhost:8080/assets/file.png?w=1"},
			[]string{"http://localhost:8080/file.jpeg"}},
		{"http://*", []string{"http://localhost", "http://a.b/c/d"}, []string{"https://localhost", "http://localhost:8080"}},
		{"http://*/*", []string{"http://localhost/x", "http://a.b/c/d"}, []string{"https://localhost/x"}},
		{"http://*.tauri.app", []string{"http://api.tauri.app/path?q=1", "http://a.b.tauri.app"},
			[]string{"http://tauri.app/", "http://tauri.app.evil.com/", "http://evil.com/.tauri.app"}},
		{"*://*", []string{"http://a/", "https://a", "file://path/to/file", "custom://x"}, []string{"about:blank", "data:text/html,x", "mailto:a@b", "http://a:8080/"}},
		{"*://*/*", []string{"http://a/", "file://path/to/file"}, nil},
		{"*://localhost", []string{"http://localhost/", "https://localhost", "custom://localhost/path"}, []string{"http://localhost.evil.com", "http://localhost:81"}},
		{"https://tauri.app/path?x=*", []string{"https://tauri.app/path?x=5"}, []string{"https://tauri.app/path?y=5", "https://tauri.app/path"}},
		{"https://tauri.app/path#frame*", []string{"https://tauri.app/path#frame", "https://tauri.app/path?q#frame1"}, []string{"https://tauri.app/path#work", "https://tauri.app/path"}},
		{"http://*:*", []string{"http://localhost", "http://a:8080/x"}, []string{"https://a:8080"}},

		// Ports.
		{"https://a.dev:443", []string{"https://a.dev/", "https://a.dev:443/"}, []string{"https://a.dev:444"}},
		{"*://a.dev:443", []string{"https://a.dev/", "http://a.dev:443/"}, []string{"http://a.dev"}},
		{"http://localhost:80*", []string{"http://localhost:8080", "http://localhost"}, []string{"http://localhost:1800"}},

		// Other spellings of one thing.
		{"HTTPS://Tauri.App", []string{"https://tauri.app", "HTTPS://TAURI.APP/x"}, nil},
		{"http://127.0.0.1:*", []string{"http://127.1/", "http://0x7f000001:8080/", "http://0177.0.0.1", "http://2130706433"}, []string{"http://127.0.0.2"}},
		{"http://[::1]:8080", []string{"http://[0:0:0:0:0:0:0:1]:8080/"}, []string{"http://[::2]:8080/"}},
		{"https://a.dev/admin*", []string{"https://a.dev/%61dmin", "https://a.dev/x/../admin", "https://a.dev/x/%2E%2e/admin"}, []string{"https://a.dev/Admin"}},
		{"https://a.dev/public/*", []string{"https://a.dev/public/x", "https://a.dev/public/a%2Fb"},
			[]string{"https://a.dev/public/../admin", "https://a.dev/public/%2e%2e/admin", "https://a.dev/public/..%2fadmin", `https://a.dev/public/..%5Cadmin`}},
		{"https://a.dev/é", []string{"https://a.dev/%C3%A9", "https://a.dev/%c3%a9"}, nil},
		{`https://a.dev/*\?q=1`, []string{"https://a.dev/x?q=1"}, []string{"https://a.dev/x?q=2"}},
		{"https://a.dev/*?*", []string{"https://a.dev/x", "https://a.dev/x?q"}, nil},
		{`https://a.dev/\*`, []string{"https://a.dev/*"}, []string{"https://a.dev/x"}},

		// What parsers disagree about.
		{"https://good.dev", []string{"https://user:secret@good.dev/"}, []string{
			"https://good.dev@evil.com/", `https://evil.com\@good.dev/`, "https://evil.com#@good.dev/", "https://evil.com?@good.dev/",
			"https://evil.com/@good.dev", "https:/good.dev", "https:good.dev", "https:///good.dev", "https:////good.dev", " https://good.dev",
			"https://good.dev.", "https://good.dev%2eevil.com", "https://good.dev:443@evil.com", "https://a@b@good.dev", "https://good.dev:x",
			"https://good.dev:99999", "https://good.dev:-1", "https://gооd.dev", "https://good\t.dev", "https://good.dev\n", "blob:https://good.dev/x",
			"javascript://good.dev", "view-source:https://good.dev", "https://[good.dev]", "", "https", "://good.dev", "https://good.dev/\xff",
		}},
		{"*://*:*/*", nil, []string{"http://", "http://:80/", "http://256.1.1.1/", "http://1.2.3.4.5/", "http://0x.1.", "http://0xzz", "http://[::1%25eth0]/", "http://[::1"}},
	}
	for _, test := range tests {
		p, err := ParseURLPattern(test.pattern)
		if err != nil {
			t.Errorf("ParseURLPattern(%q): %v", test.pattern, err)
			continue
		}
		for _, u := range test.yes {
			if !p.Match(u) {
				t.Errorf("%q does not match %q", test.pattern, u)
			}
		}
		for _, u := range test.no {
			if p.Match(u) {
				t.Errorf("%q matches %q", test.pattern, u)
			}
		}
	}
}

func TestURLPatternErrors(t *testing.T) {
	for _, pattern := range []string{
		"", "*", "localhost", "https:", "https://", "://a", "1http://a", "http://a b", "http://a:x", "http://a:", "http://a:99999", "http://a:123456",
		"http://:80", "http://user@a", "http{s}?://a", "https://(a|b).dev", "https://é.dev", "https://*.é.dev", "https://a.dev.",
		"https://a/../b", "https://a/*/..", `https://a\`, "https://a/*?q=1", "http://[::1", "http://[*]", "http://300.1.1.1", "https://a/\xff", "ht tp://a",
		`https://a/\` + "\n",
	} {
		if p, err := ParseURLPattern(pattern); err == nil {
			t.Errorf("ParseURLPattern(%q) = %+v", pattern, p)
		}
	}
	if (URLPattern{}).Match("https://a") {
		t.Error("the zero URLPattern matches")
	}
}

func TestOriginOf(t *testing.T) {
	tests := map[string]string{
		"https://user:pw@A.dev:443/secret?token=1#x": "https://a.dev",
		"http://localhost:1420/":                     "http://localhost:1420",
		"app://localhost/x":                          "app://localhost",
		"data:text/html,x":                           "null",
		"":                                           "null",
	}
	for raw, want := range tests {
		if got := originOf(raw); got != want {
			t.Errorf("originOf(%q) = %q, want %q", raw, got, want)
		}
	}
}

func FuzzURLPattern(f *testing.F) {
	f.Add("https://*.site.dev:*/a/*?x=*#y", "https://www.site.dev:8080/a/b?x=1#y")
	f.Add("*://*", "file://path/to/file")
	f.Add("http://127.0.0.1", "http://0x7f.1/%2e%2e/")
	f.Add("https://good.dev", `https://evil.com\@good.dev`)
	f.Add(`https://a/\*`, "https://[::1]:1/")
	f.Fuzz(func(t *testing.T, pattern, raw string) {
		p, err := ParseURLPattern(pattern)
		u, addressErr := parseAddress(raw)
		if addressErr == nil {
			// Normal form: parsing it again changes nothing.
			again, err := parseAddress(u.scheme + "://" + u.host + colon(u.port) + u.path)
			if err != nil || again.host != u.host || again.port != u.port || again.scheme != u.scheme {
				t.Errorf("%q: %+v became %+v, %v", raw, u, again, err)
			}
			if strings.Contains(u.path+"/", "/../") || u.host != strings.ToLower(u.host) {
				t.Errorf("%q is not normal: %+v", raw, u)
			}
			// Whatever Go's parser makes of it must not be on another host.
			if std, err := url.Parse(raw); err == nil && defaultPorts[u.scheme] != "" && !isNumeric(u.host) {
				if strings.ToLower(std.Hostname()) != strings.Trim(u.host, "[]") && !strings.HasPrefix(u.host, "[") {
					t.Errorf("%q: host %q, net/url says %q", raw, u.host, std.Hostname())
				}
			}
		}
		if err != nil {
			return
		}
		if addressErr != nil && p.Match(raw) {
			t.Errorf("%q matches %q, which is no URL: %v", pattern, raw, addressErr)
		}
		if p.Match(raw) && !anyURL.Match(raw) {
			t.Errorf("%q matches %q, the widest pattern does not", pattern, raw)
		}
	})
}

var anyURL = func() URLPattern {
	p, err := ParseURLPattern("*://*:*")
	if err != nil {
		panic(err)
	}
	return p
}()

func colon(port string) string {
	if port == "" {
		return ""
	}
	return ":" + port
}

func isNumeric(host string) bool { return strings.Trim(host, "0123456789.") == "" }
