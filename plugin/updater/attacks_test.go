package updater_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/updater"
)

// TestAttacks has hostile pages and hostile servers. Each gets an error, and
// nothing stays on disk.
func TestAttacks(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	installed := 0
	l := start(t, s, nil, updater.Options{
		MaxSize: 1 << 20,
		Install: func(context.Context, updater.Package) error { installed++; return nil },
	}, func(u *updater.Updater) { u.SetStall(2 * time.Second) })
	s.announce(t, "/latest", "2.0.0", "good", nil)
	good := l.check(t, object{})
	release := make(chan struct{})
	defer close(release)
	hang := func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		io.WriteString(w, "{")
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}

	t.Run("arguments", func(t *testing.T) {
		long := strings.Repeat("x", 4096)
		many := make([][2]string, 65)
		for i := range many {
			many[i] = [2]string{"x-a", "b"}
		}
		for _, a := range []struct {
			name string
			args object
			want string
		}{
			{"a header in a value", object{"headers": [][2]string{{"x-a", "b\r\nx-c: d"}}}, "characters that a header cannot have"},
			{"a header in a name", object{"headers": [][2]string{{"x-a: b\r\nx-c", "d"}}}, "no name of a header"},
			{"NUL in a value", object{"headers": [][2]string{{"x-a", "b\x00"}}}, "characters that a header cannot have"},
			{"an empty name", object{"headers": [][2]string{{"", "d"}}}, "no name of a header"},
			{"another host", object{"headers": [][2]string{{"host", "evil.test"}}}, "is the connection's"},
			{"another length", object{"headers": [][2]string{{"Content-length", "5"}}}, "is the connection's"},
			{"another form", object{"headers": [][2]string{{"transfer-encoding", "chunked"}}}, "is the connection's"},
			{"many headers", object{"headers": many}, "the limit is 64"},
			{"long headers", object{"headers": [][2]string{{"x-a", strings.Repeat(long, 9)}}}, "more than 32768 bytes"},
			{"a long target", object{"target": long}, "at most 256 bytes"},
			{"the folder above as target", object{"target": ".."}, "want a name"},
			{"a file as proxy", object{"proxy": "file:///etc/passwd"}, "want an address"},
			{"a script as proxy", object{"proxy": "javascript:alert(1)"}, "want an address"},
			{"NUL in the proxy", object{"proxy": "http://a\x00b"}, "proxy"},
			{"no time", object{"timeout": 0}, "leaves no time"},
			{"negative time", object{"timeout": -1}, "timeout"},
			{"huge time", object{"timeout": 1e300}, "timeout"},
			{"an unknown key", object{"endpoints": []string{"http://evil.test"}}, "endpoints"},
			{"a key of its own", object{"pubkey": "x"}, "pubkey"},
		} {
			refused(t, a.name, l.main.Call("plugin:updater|check", a.args, nil), a.want)
		}
		if m := l.check(t, object{"timeout": uint64(1) << 62}); m == nil {
			t.Error("a long timeout is none")
		}
	})

	t.Run("numbers", func(t *testing.T) {
		var bytes uint32
		args := object{"rid": good.ID, "onEvent": l.main.Channel()}
		if err := l.main.Call("plugin:updater|download", args, &bytes); err != nil {
			t.Fatal(err)
		}
		second := l.check(t, object{})
		for _, a := range []struct {
			name    string
			page    *mulliontest.Page
			command string
			args    object
			want    string
		}{
			{"an update of another page", l.other, "download", object{"rid": good.ID, "onEvent": l.other.Channel()}, "invalid"},
			{"a package of another page", l.other, "install", object{"updateRid": good.ID, "bytesRid": bytes}, "invalid"},
			{"a package as update", l.main, "download", object{"rid": bytes, "onEvent": l.main.Channel()}, "invalid"},
			{"an update as package", l.main, "install", object{"updateRid": good.ID, "bytesRid": good.ID}, "invalid"},
			{"a package as both", l.main, "install", object{"updateRid": bytes, "bytesRid": bytes}, "invalid"},
			{"a package of another update", l.main, "install", object{"updateRid": second.ID, "bytesRid": bytes}, "and the update is"},
			{"a number that is none", l.main, "install", object{"updateRid": -1, "bytesRid": bytes}, "updateRid"},
		} {
			refused(t, a.name, a.page.Call("plugin:updater|"+a.command, a.args, nil), a.want)
		}
		for _, rid := range []uint32{bytes, second.ID} {
			if err := l.main.Call("plugin:resources|close", object{"rid": rid}, nil); err != nil {
				t.Error(err)
			}
		}
		l.nothingLeft(t)
	})

	t.Run("packages", func(t *testing.T) {
		signed := s.owner.sign("good", "version:2.0.0")
		for _, a := range []struct {
			name      string
			signature string
			answer    http.HandlerFunc
			want      string
		}{
			{"another text", signed, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "evil") }, "the signature does not fit"},
			{"signed by another", newOwner(t).sign("good", "version:2.0.0"), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "good") }, "was made by the key"},
			{"an old version called new", s.owner.sign("good", "version:1.0.0"), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "good") }, "signed for version 1.0.0"},
			{"a part", signed, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "4")
				io.WriteString(w, "go")
			}, "EOF"},
			{"a huge one, as it says", signed, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "99999999999") }, "the limit is 1048576"},
			{"one without end", signed, func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					w.Write(make([]byte, 64<<10))
				}
			}, "which are the limit"},
			{"one that never comes", signed, hang, "sent nothing for too long"},
			{"one sent around in circles", signed, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, "sent elsewhere 10 times"},
			{"one sent to a file", signed, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "file:///etc/passwd")
				w.WriteHeader(302)
			}, "want"},
			{"none", signed, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, "failed with status: 500"},
		} {
			s.on("/attack", a.answer)
			s.announce(t, "/latest", "2.0.0", "good", object{"url": s.URL + "/attack", "signature": a.signature})
			m := l.check(t, object{})
			args := object{"rid": m.ID, "onEvent": l.main.Channel()}
			refused(t, a.name, l.main.Call("plugin:updater|download", args, nil), a.want)
			refused(t, a.name+", and installed", l.main.Call("plugin:updater|download_and_install", args, nil), a.want)
			l.nothingLeft(t)
			if err := l.main.Call("plugin:resources|close", object{"rid": m.ID}, nil); err != nil {
				t.Error(err)
			}
		}
		if installed != 0 {
			t.Errorf("%d packages were installed", installed)
		}
	})

	t.Run("announcements", func(t *testing.T) {
		for _, a := range []struct {
			name   string
			answer http.HandlerFunc
			want   string
		}{
			{"one without end", func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					w.Write(make([]byte, 64<<10))
				}
			}, "more than 1048576 bytes"},
			{"one that never comes", hang, "sent nothing for too long"},
			{"a deep one", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat(`{"a":`, 100_000)) }, "depth"},
		} {
			s.on("/latest", a.answer)
			refused(t, a.name, l.main.Call("plugin:updater|check", object{}, nil), a.want)
		}
		s.on("/latest", hang)
		refused(t, "a timeout", l.main.Call("plugin:updater|check", object{"timeout": 50}, nil), "timeout of 50ms")
	})

	t.Run("floods", func(t *testing.T) {
		s.announce(t, "/latest", "2.0.0", "good", nil)
		var err error
		n := 0
		for ; err == nil && n < 200; n++ {
			err = l.other.Call("plugin:updater|check", object{}, nil)
		}
		refused(t, "many updates", err, "pages hold 64 updates")
		n, err = 0, nil
		for ; err == nil && n < 20; n++ {
			err = l.main.Call("plugin:updater|download", object{"rid": good.ID, "onEvent": l.main.Channel()}, nil)
		}
		refused(t, "many packages", err, "close one of them")
		if len(l.left(t)) != 2 {
			t.Errorf("on disk: %q", l.left(t))
		}
	})

	t.Run("files", func(t *testing.T) {
		up, err := l.u.Check(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var downloads []*updater.Download
		for range 4 { // whatever pages have
			d, err := up.Download(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			downloads = append(downloads, d)
		}
		_, err = up.Download(t.Context(), nil)
		refused(t, "one more by the app", err, "close one of them")
		for _, d := range downloads {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
		leave(t, l)
		l.nothingLeft(t)
		for name, spoil := range map[string]func(path string) error{
			"another text": func(path string) error { return os.WriteFile(path, []byte("evil"), 0o600) },
			"another file": func(path string) error {
				if err := os.WriteFile(path+"2", []byte("good"), 0o600); err != nil {
					return err
				}
				return os.Rename(path+"2", path)
			},
			"a link": func(path string) error {
				return errors.Join(os.Rename(path, path+"2"), os.Symlink(path+"2", path))
			},
			"nothing": os.Remove,
		} {
			d, err := up.Download(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			paths, err := filepath.Glob(filepath.Join(l.cache, "updates", "*", "*"))
			if err != nil || len(paths) != 1 {
				t.Fatalf("on disk: %q, %v", paths, err)
			}
			if err := spoil(paths[0]); err != nil {
				t.Fatal(err)
			}
			if err := d.Install(t.Context(), nil); err == nil || installed > 0 {
				t.Errorf("%s in place of the package was installed: %v", name, err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			l.nothingLeft(t)
		}
	})

	t.Run("ends of pages", func(t *testing.T) {
		s.announce(t, "/latest", "2.0.0", "good", object{"url": s.URL + "/attack"})
		m := l.check(t, object{})
		s.on("/attack", hang)
		before := runtime.NumGoroutine()
		ended := make(chan error, 1)
		page := l.main
		ch := page.Channel()
		go func() { ended <- page.Call("plugin:updater|download", object{"rid": m.ID, "onEvent": ch}, nil) }()
		mulliontest.Wait(t, 10*time.Second, func() error {
			if len(l.left(t)) == 0 {
				return errors.New("the download has not begun")
			}
			return nil
		})
		leave(t, l)
		if err := <-ended; err == nil {
			t.Error("a page that is gone has a package")
		}
		l.nothingLeft(t)
		mulliontest.Wait(t, 10*time.Second, func() error {
			if n := runtime.NumGoroutine(); n > before+5 {
				return errors.New("goroutines are left over")
			}
			return nil
		})
	})

	s.announce(t, "/latest", "2.0.0", "good", nil)
	if m := l.check(t, object{}); m == nil {
		t.Error("the app finds no update any more")
	}
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
}

// TestNoInstaller: an app without a function that installs says so, before it
// downloads anything for that.
func TestNoInstaller(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	s.announce(t, "/latest", "2.0.0", "good", nil)
	l := start(t, s, nil, updater.Options{}, nil)
	m := l.check(t, object{})
	ch := l.main.Channel()
	refused(t, "both", l.main.Call("plugin:updater|download_and_install", object{"rid": m.ID, "onEvent": ch}, nil), "unsupported operation by this app")
	var bytes uint32
	if err := l.main.Call("plugin:updater|download", object{"rid": m.ID, "onEvent": ch}, &bytes); err != nil {
		t.Fatal(err)
	}
	refused(t, "install", l.main.Call("plugin:updater|install", object{"updateRid": m.ID, "bytesRid": bytes}, nil), "unsupported operation by this app")
	up, err := l.u.Check(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := up.Download(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Install(t.Context(), nil); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

// leave has a page's webview load another page.
func leave(t *testing.T, l *lab) {
	t.Helper()
	w, err := l.Window("main")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Navigate(t.Context(), "index.html?next"); err != nil {
		t.Fatal(err)
	}
}
