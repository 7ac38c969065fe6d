package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestCookiesFor(t *testing.T) {
	const internet = 0
	file := func(list ...cookie) (b []byte) {
		for _, c := range list {
			b = c.append(b)
		}
		return b
	}
	own := cookie{familyLocal, "here", "7", "MIT-MAGIC-COOKIE-1", "secret"}
	other := cookie{familyLocal, "here", "8", "MIT-MAGIC-COOKIE-1", "of another display"}
	far := cookie{familyLocal, "there", "7", "MIT-MAGIC-COOKIE-1", "of another machine"}
	tcp := cookie{internet, "\x0a\x00\x00\x01", "7", "MIT-MAGIC-COOKIE-1", "over TCP"}
	wild := cookie{familyWild, "", "", "MIT-MAGIC-COOKIE-1", "of all displays"}
	given := func(name, data string) cookie { return cookie{familyWild, "", "7", name, data} }
	for _, test := range []struct {
		name  string
		file  []byte
		local bool
		want  []byte
	}{
		{"its own alone", file(other, far, own, tcp), true, file(given("MIT-MAGIC-COOKIE-1", "secret"))},
		{"one for all", file(wild), true, file(given("MIT-MAGIC-COOKIE-1", "of all displays"))},
		{"of several kinds", file(own, cookie{familyLocal, "here", "7", "XDM-AUTHORIZATION-1", "k"}), true, file(given("MIT-MAGIC-COOKIE-1", "secret"), given("XDM-AUTHORIZATION-1", "k"))},
		{"of others alone", file(other, far, tcp), true, nil},
		{"by TCP", file(other, tcp), false, file(tcp)},
		{"no file", nil, true, nil},
		{"broken off", file(own, other)[:len(file(own))+9], true, file(given("MIT-MAGIC-COOKIE-1", "secret"))},
		{"a length that lies", []byte{1, 0, 0xff, 0xff, 'x'}, true, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, cookiesFor(test.file, "here", "7", test.local)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzCookies reads files that anybody may have written.
func FuzzCookies(f *testing.F) {
	c := cookie{familyLocal, "here", "7", "MIT-MAGIC-COOKIE-1", "secret"}
	f.Add(c.append(nil))
	f.Add([]byte{1, 0, 0, 200})
	f.Fuzz(func(t *testing.T, file []byte) {
		for b := cookiesFor(file, "here", "7", true); len(b) > 0; {
			c, rest, ok := readCookie(b)
			if !ok || c.family != familyWild || c.number != "7" {
				t.Fatalf("given: %+v, %v", c, ok)
			}
			b = rest
		}
	})
}

func TestUserCookies(t *testing.T) {
	home := t.TempDir()
	getenv := func(vars map[string]string) func(string) string {
		return func(name string) string { return vars[name] }
	}
	none := getenv(nil)
	if got := userCookies(none, home); got != nil {
		t.Errorf("without a file: %q", got)
	}
	if err := os.WriteFile(filepath.Join(home, ".Xauthority"), []byte("home"), 0o600); err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(home, "named")
	if err := os.WriteFile(named, []byte("named"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := userCookies(none, home); string(got) != "home" {
		t.Errorf("got %q", got)
	}
	if got := userCookies(getenv(map[string]string{"XAUTHORITY": named}), home); string(got) != "named" {
		t.Errorf("got %q", got)
	}
	pipe := filepath.Join(home, "pipe")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := userCookies(getenv(map[string]string{"XAUTHORITY": pipe}), home); got != nil {
		t.Errorf("a pipe: %q", got)
	}
}
