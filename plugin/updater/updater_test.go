package updater_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"aead.dev/minisign"
	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/mulliontest"
	"github.com/mullion-dev/mullion/plugin/updater"
)

func TestMain(m *testing.M) { mulliontest.Main(m) }

// owner has the key by which packages are signed.
type owner struct {
	public string
	secret minisign.PrivateKey
}

func newOwner(t *testing.T) owner {
	t.Helper()
	public, secret, err := minisign.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := public.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	return owner{base64.StdEncoding.EncodeToString(text), secret}
}

func (o owner) sign(data, comment string) string {
	r := minisign.NewReader(strings.NewReader(data))
	io.Copy(io.Discard, r)
	return base64.StdEncoding.EncodeToString(r.SignWithComments(o.secret, comment, "signature"))
}

// server announces releases and has packages, by path.
type server struct {
	*httptest.Server
	owner owner

	mu       sync.Mutex
	answers  map[string]http.HandlerFunc // guarded by mu
	requests []*http.Request             // guarded by mu
}

func newServer(t *testing.T, start func(http.Handler) *httptest.Server) *server {
	s := &server{owner: newOwner(t), answers: map[string]http.HandlerFunc{}}
	s.Server = start(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		f := s.answers[r.URL.Path]
		s.mu.Unlock()
		if f == nil {
			http.NotFound(w, r)
			return
		}
		f(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) on(path string, f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[path] = f
}

func (s *server) text(path, text string) {
	s.on(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		io.WriteString(w, text)
	})
}

// last is the last request to a path.
func (s *server) last(t *testing.T, path string) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.requests) - 1; i >= 0; i-- {
		if s.requests[i].URL.Path == path {
			return s.requests[i]
		}
	}
	t.Fatalf("nobody has asked for %s", path)
	return nil
}

type object = map[string]any

// announce has the server announce a package that it has.
func (s *server) announce(t *testing.T, path, version, data string, change object) {
	t.Helper()
	s.text("/package-"+version+".deb", data)
	a := object{"version": version, "notes": "new", "pub_date": "2026-01-02T03:04:05.600+02:00",
		"url": s.URL + "/package-" + version + ".deb", "signature": s.owner.sign(data, "version:"+version)}
	for k, v := range change {
		a[k] = v
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	s.text(path, string(text))
}

// lab is an app with an updater, and two pages.
type lab struct {
	*mulliontest.App
	u           *updater.Updater
	main, other *mulliontest.Page
	cache       string
}

func start(t *testing.T, s *server, settings object, o updater.Options, more func(*updater.Updater)) *lab {
	t.Helper()
	return startIn(t, "", s, settings, o, more)
}

// startIn starts it in the home of an earlier one.
func startIn(t *testing.T, home string, s *server, settings object, o updater.Options, more func(*updater.Updater)) *lab {
	t.Helper()
	conf := object{"endpoints": []string{s.URL + "/latest"}, "pubkey": s.owner.public, "dangerousInsecureTransportProtocol": true}
	for k, v := range settings {
		conf[k] = v
	}
	text, err := json.Marshal(object{
		"identifier": "org.example.updater", "version": "1.2.3", "build": object{"frontendDist": "ui"},
		"app": object{"windows": []object{{}, {"label": "other"}}}, "plugins": object{"updater": conf},
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{u: updater.New(o)}
	if more != nil {
		more(l.u)
	}
	l.App = mulliontest.Start(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json":     {Data: text},
			"ui/index.html":         {Data: []byte(`<!doctype html><title>updater</title>`)},
			"capabilities/all.json": {Data: []byte(`{"identifier": "all", "windows": ["*"], "permissions": ["core:default", "updater:default"]}`)},
		}})
		if err != nil {
			return err
		}
		app.AddPlugin(l.u.Plugin())
		return app.Run(ctx)
	}, &mulliontest.Options{Home: home})
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	l.main, l.other, l.cache = l.Page("main"), l.Page("other"), filepath.Join(caches, "org.example.updater")
	return l
}

type metadata struct {
	ID             uint32  `json:"rid"`
	CurrentVersion string  `json:"currentVersion"`
	Version        string  `json:"version"`
	Date           *string `json:"date"`
	Body           *string `json:"body"`
	JSON           object  `json:"rawJson"`
}

func (l *lab) check(t *testing.T, args object) *metadata {
	t.Helper()
	var m *metadata
	if err := l.main.Call("plugin:updater|check", args, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// left are the files of packages.
func (l *lab) left(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(l.cache, "updates"), func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !d.IsDir() {
			names = append(names, d.Name())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func (l *lab) nothingLeft(t *testing.T) {
	t.Helper()
	mulliontest.Wait(t, 10*time.Second, func() error {
		if names := l.left(t); len(names) > 0 {
			return fmt.Errorf("packages are left: %q", names)
		}
		return nil
	})
}

func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want %q", what, err, want)
	}
}

// TestUpdate goes all the way as a page does.
func TestUpdate(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	data := strings.Repeat("a package ", 100_000)
	s.announce(t, "/latest", "2.0.0", data, nil)
	var got updater.Package
	var content []byte
	l := start(t, s, object{"windows": object{"installMode": "quiet", "installerArgs": []string{"/X"}}}, updater.Options{
		Header: http.Header{"X-App": {"app"}},
		Install: func(ctx context.Context, p updater.Package) (err error) {
			got = p
			if content, err = io.ReadAll(p.File); err != nil {
				return err
			}
			named, err := os.ReadFile(p.Path)
			if string(named) != string(content) {
				return errors.New("another file has the name")
			}
			return errors.Join(err, ctx.Err())
		},
	}, nil)
	m := l.check(t, object{"headers": [][2]string{{"x-page", "1"}, {"x-page", "2"}}, "timeout": 60_000})
	if m == nil || m.Version != "2.0.0" || m.CurrentVersion != "1.2.3" || *m.Body != "new" || *m.Date != "2026-01-02T03:04:05.6+02:00" || m.JSON["notes"] != "new" {
		t.Fatalf("got %+v", m)
	}
	for name, want := range map[string][]string{"X-App": {"app"}, "X-Page": {"2"}, "Accept": {"application/json"}, "Accept-Encoding": nil} {
		if diff := cmp.Diff(want, s.last(t, "/latest").Header[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	events := l.main.Channel()
	var bytes uint32
	if err := l.main.Call("plugin:updater|download", object{"rid": m.ID, "onEvent": events}, &bytes); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"X-App": {"app"}, "X-Page": {"2"}, "Accept": {"application/octet-stream"}} {
		if diff := cmp.Diff(want, s.last(t, "/package-2.0.0.deb").Header[name]); diff != "" {
			t.Errorf("%s of the download: %s", name, diff)
		}
	}
	sum, kinds := 0, ""
	for !strings.HasSuffix(kinds, "F") {
		var e struct {
			Event string             `json:"event"`
			Data  map[string]float64 `json:"data"`
		}
		if !events.Next(&e) {
			t.Fatal("the channel has ended")
		}
		kinds += e.Event[:1]
		sum += int(e.Data["chunkLength"])
		if e.Event == "Started" && e.Data["contentLength"] != float64(len(data)) {
			t.Errorf("started: %v", e.Data)
		}
	}
	if sum != len(data) || strings.ReplaceAll(kinds, "P", "") != "SF" {
		t.Errorf("%d bytes in %s", sum, kinds)
	}
	if names := l.left(t); len(names) != 1 || names[0] != "update-package-2.0.0.deb" {
		t.Errorf("on disk: %q", names)
	}
	if err := l.main.Call("plugin:updater|install", object{"updateRid": m.ID, "bytesRid": bytes, "restartAfterInstall": false}, nil); err != nil {
		t.Fatal(err)
	}
	if string(content) != data || got.Release.Version != "2.0.0" || got.Restart || got.Mode != updater.Quiet || len(got.Args) != 1 || filepath.Ext(got.Path) != ".deb" {
		t.Errorf("%d bytes, %+v", len(content), got)
	}
	l.nothingLeft(t)
	refused(t, "a package that was installed", l.main.Call("plugin:updater|install", object{"updateRid": m.ID, "bytesRid": bytes}, nil), "is invalid")
	content = nil
	if err := l.main.Call("plugin:updater|download_and_install", object{"rid": m.ID, "onEvent": l.main.Channel(), "headers": [][2]string{{"X-Own", "1"}, {"X-Own", "2"}}}, nil); err != nil {
		t.Fatal(err)
	}
	if string(content) != data || !got.Restart {
		t.Errorf("%d bytes, %+v", len(content), got)
	}
	if h := s.last(t, "/package-2.0.0.deb").Header; h.Get("X-App") != "" || len(h["X-Own"]) != 2 {
		t.Errorf("headers in place of others: %v", h)
	}
	l.nothingLeft(t)
	if err := l.main.Call("plugin:resources|close", object{"rid": m.ID}, nil); err != nil {
		t.Error(err)
	}
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
}

// TestCheck has endpoints that answer all kinds of things.
func TestCheck(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	s.on("/none", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	s.text("/broken", `{"version"`)
	s.text("/old", `{"version": "1.2.3", "platforms": {}}`)
	s.announce(t, "/lower", "1.0.0", "x", nil)
	s.announce(t, "/new", "1.3.0", "x", nil)
	platforms := object{"linux-x86_64": object{"url": s.URL + "/a", "signature": "x"}, "linux-x86_64-deb": object{"url": s.URL + "/b", "signature": "x"}, "mine": object{"url": s.URL + "/c", "signature": "x"}}
	s.announce(t, "/static", "1.3.0", "x", object{"platforms": platforms})
	s.announce(t, "/elsewhere", "1.3.0", "x", object{"platforms": object{"atari-68k": object{"url": s.URL + "/a", "signature": "x"}}})
	s.announce(t, "/file", "1.3.0", "x", object{"url": "file:///etc/passwd"})
	s.on("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/new", http.StatusFound) })
	s.text("/v/linux/x86_64/1.2.3/deb", `{"version": "1.3.0", "url": "`+s.URL+`/v", "signature": "x"}`)
	at := func(paths ...string) object {
		var all []string
		for _, p := range paths {
			all = append(all, s.URL+p)
		}
		return object{"endpoints": all}
	}
	downgrades := at("/lower")
	downgrades["allowDowngrades"] = true
	hyphens := at("/lower")
	hyphens["allow-downgrades"] = true
	same := at("/old")
	same["allowDowngrades"] = true
	for _, test := range []struct {
		name     string
		settings object
		options  updater.Options
		args     *updater.CheckOptions
		version  string // "" is none
		url      string
		want     string // of the error
	}{
		{"first", at("/new", "/missing"), updater.Options{}, nil, "1.3.0", "/package-1.3.0.deb", ""},
		{"second", at("/missing", "/broken", "/new"), updater.Options{}, nil, "1.3.0", "/package-1.3.0.deb", ""},
		{"redirect", at("/redirect"), updater.Options{}, nil, "1.3.0", "/package-1.3.0.deb", ""},
		{"none", at("/none", "/new"), updater.Options{}, nil, "", "", ""},
		{"all fail", at("/missing", "/broken"), updater.Options{}, nil, "", "", "Could not fetch a valid release JSON from the remote"},
		{"no endpoint", object{"endpoints": []string{}}, updater.Options{}, nil, "", "", "Updater does not have any endpoints set."},
		{"the same", at("/old"), updater.Options{}, nil, "", "", ""},
		{"lower", at("/lower"), updater.Options{}, nil, "", "", ""},
		{"downgrade", downgrades, updater.Options{}, nil, "1.0.0", "/package-1.0.0.deb", ""},
		{"downgrade with hyphens", hyphens, updater.Options{}, nil, "1.0.0", "/package-1.0.0.deb", ""},
		{"downgrade to the same", same, updater.Options{}, nil, "", "", ""},
		{"the app accepts", at("/lower"), updater.Options{Accept: func(string, updater.Release) bool { return true }}, nil, "1.0.0", "/package-1.0.0.deb", ""},
		{"the app does not", at("/new"), updater.Options{Accept: func(string, updater.Release) bool { return false }}, nil, "", "", ""},
		{"the app panics", at("/new"), updater.Options{Accept: func(string, updater.Release) bool { panic("as tested") }}, nil, "", "", "panicked"},
		{"static", at("/static"), updater.Options{}, nil, "1.3.0", "/a", ""},
		{"static, of a bundle", at("/static"), updater.Options{Bundle: "deb"}, nil, "1.3.0", "/b", ""},
		{"static, of another bundle", at("/static"), updater.Options{Bundle: "rpm"}, nil, "1.3.0", "/a", ""},
		{"static, the app's target", at("/static"), updater.Options{Target: "mine"}, nil, "1.3.0", "/c", ""},
		{"static, the caller's target", at("/static"), updater.Options{Target: "x"}, &updater.CheckOptions{Target: "mine"}, "1.3.0", "/c", ""},
		{"static, a wrong target", at("/static"), updater.Options{}, &updater.CheckOptions{Target: "x"}, "", "", "the platform `x` was not found in the response `platforms` object"},
		{"static, not for this", at("/elsewhere"), updater.Options{}, nil, "", "", "was not found in the response `platforms` object"},
		{"a file", at("/file"), updater.Options{}, nil, "", "", "want an address"},
		{"variables", at("/v/{{target}}/{{arch}}/{{current_version}}/{{bundle_type}}"), updater.Options{Bundle: "deb"}, nil, "1.3.0", "/v", ""},
		{"endpoints of the app", at("/none"), updater.Options{Endpoints: []string{s.URL + "/new"}}, nil, "1.3.0", "/package-1.3.0.deb", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := start(t, s, test.settings, test.options, nil)
			up, err := l.u.Check(t.Context(), test.args)
			if test.want != "" {
				refused(t, "check", err, test.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if test.version == "" && up != nil || test.version != "" && (up == nil || up.Version != test.version || up.URL.Path != test.url) {
				t.Errorf("got %+v", up)
			}
		})
	}
}

// TestSettings: what is wrong with them is an error of Run.
func TestSettings(t *testing.T) {
	key := newOwner(t).public
	for _, test := range []struct{ name, section, want string }{
		{"no key", `{"endpoints": ["https://a.example"]}`, "no public key"},
		{"a bad key", `{"pubkey": "x"}`, "public key"},
		{"an unknown key", `{"pubkey": "` + key + `", "endpoint": "https://a.example"}`, "endpoint"},
		{"http", `{"pubkey": "` + key + `", "endpoints": ["http://a.example"]}`, "must use a secure protocol like `https`"},
		{"no host", `{"pubkey": "` + key + `", "endpoints": ["https:///x"]}`, "want an address with a host"},
		{"an unknown variable", `{"pubkey": "` + key + `", "endpoints": ["https://a.example/{{os}}"]}`, "it may have the variables"},
		{"a mode", `{"pubkey": "` + key + `", "windows": {"installMode": "loud"}}`, "none of passive"},
	} {
		t.Run(test.name, func(t *testing.T) {
			app, err := mullion.New(mullion.Options{DataDir: t.TempDir(), Files: fstest.MapFS{
				"mullion.conf.json": {Data: []byte(`{"identifier": "org.example.updater", "build": {"frontendDist": "ui"}, "plugins": {"updater": ` + test.section + `}}`)},
				"ui/index.html":     {Data: []byte(`x`)},
			}})
			if err != nil {
				t.Fatal(err)
			}
			app.AddPlugin(updater.New(updater.Options{}).Plugin())
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			refused(t, "Run", app.Run(ctx), test.want)
		})
	}
}

// TestTransport: certificates are checked as the configuration says.
func TestTransport(t *testing.T) {
	s := newServer(t, httptest.NewTLSServer)
	s.announce(t, "/latest", "2.0.0", "x", nil)
	plain := newServer(t, httptest.NewServer)
	plain.announce(t, "/latest", "2.0.0", "x", nil)
	s.on("/plain", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+"/latest", http.StatusFound)
	})
	s.announce(t, "/download-plain", "2.0.0", "x", object{"url": plain.URL + "/x"})
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	known := func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			return
		}
		t.TLSClientConfig.RootCAs = roots
	}
	withRoots := func(t *http.Transport) {
		known(t)
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = tlsOf(roots)
		}
	}
	// The certificate is for 127.0.0.1 and example.com, and not for localhost.
	local := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for _, test := range []struct {
		name, endpoint string
		settings       object
		transport      func(*http.Transport)
		want           string
	}{
		{"unknown", s.URL + "/latest", nil, nil, "certificate"},
		{"known", s.URL + "/latest", nil, withRoots, ""},
		{"another host", local + "/latest", nil, withRoots, "certificate"},
		{"any host", local + "/latest", object{"dangerousAcceptInvalidHostnames": true}, withRoots, ""},
		{"any host, unknown", local + "/latest", object{"dangerousAcceptInvalidHostnames": true}, nil, "certificate"},
		{"any certificate", local + "/latest", object{"dangerousAcceptInvalidCerts": true}, nil, ""},
		{"sent to http", s.URL + "/plain", nil, withRoots, "must use a secure protocol"},
		{"a package by http", s.URL + "/download-plain", nil, withRoots, "must use a secure protocol"},
		{"the app panics", s.URL + "/latest", nil, func(*http.Transport) { panic("as tested") }, "panicked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			settings := object{"endpoints": []string{test.endpoint}, "dangerousInsecureTransportProtocol": false}
			for k, v := range test.settings {
				settings[k] = v
			}
			l := start(t, s, settings, updater.Options{Transport: test.transport}, nil)
			up, err := l.u.Check(t.Context(), nil)
			switch {
			case test.want != "":
				refused(t, "check", err, test.want)
			case err != nil || up == nil:
				t.Errorf("got %v, %v", up, err)
			}
		})
	}
}

// TestProxy: requests go where the page says.
func TestProxy(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	proxy := newServer(t, httptest.NewServer)
	proxy.announce(t, "/latest", "9.0.0", "by the proxy", object{"signature": s.owner.sign("by the proxy", "")})
	l := start(t, s, nil, updater.Options{}, nil)
	if m := l.check(t, object{"proxy": proxy.URL}); m == nil || m.Version != "9.0.0" {
		t.Errorf("got %+v", m)
	}
	if got := proxy.last(t, "/latest").Host; got != strings.TrimPrefix(s.URL, "http://") {
		t.Errorf("the proxy was asked for %s", got)
	}
}

// TestSilentProxy: what a page has asked a proxy that never answers keeps nobody
// else from updates, and ends.
func TestSilentProxy(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	s.announce(t, "/latest", "2.0.0", "x", nil)
	l := start(t, s, nil, updater.Options{}, func(u *updater.Updater) { u.SetStall(time.Hour); u.SetTotal(time.Hour) })
	proxy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	asked := make(chan net.Conn, 100)
	go func() {
		for {
			c, err := proxy.Accept()
			if err != nil {
				return
			}
			asked <- c
		}
	}()
	const calls = 6
	ended := make(chan error, 2*calls)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range calls {
		go func() {
			ended <- l.main.CallContext(ctx, "plugin:updater|check", object{"proxy": "http://" + proxy.Addr().String()}, nil)
		}()
	}
	for range 2 {
		defer (<-asked).Close()
	}
	mulliontest.Wait(t, 30*time.Second, func() error {
		if n := l.u.Checks(); n != calls {
			return fmt.Errorf("%d checks run or wait", n)
		}
		return nil
	})
	minute, stop := context.WithTimeout(t.Context(), time.Minute) // before any of them ends
	defer stop()
	up, err := l.u.Check(minute, nil)
	if err != nil || up == nil {
		t.Fatalf("Go: %v, %v", up, err)
	}
	if err := l.other.CallContext(minute, "plugin:updater|check", object{}, nil); err != nil {
		t.Errorf("another page: %v", err)
	}
	if n := len(asked); n > 0 {
		t.Errorf("%d checks of a page run at the same time", 2+n)
	}
	cancel()
	for range calls {
		<-ended
	}

	// The same for packages.
	silent := newServer(t, httptest.NewServer)
	silent.announce(t, "/latest", "9.0.0", "y", object{"url": s.URL + "/silent", "signature": s.owner.sign("y", "")})
	waits := make(chan struct{}, 100)
	silent.on("/silent", func(_ http.ResponseWriter, r *http.Request) { waits <- struct{}{}; <-r.Context().Done() })
	download := func(ctx context.Context, l *lab, m *metadata) {
		ended <- l.main.CallContext(ctx, "plugin:updater|download", object{"rid": m.ID, "onEvent": l.main.Channel()}, nil)
	}
	m := l.check(t, object{"proxy": silent.URL})
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	for range 2 {
		go download(ctx, l, m)
		<-waits
	}
	go download(ctx, l, m)
	refused(t, "a third one", <-ended, "2 packages of this page")
	for range 4 {
		d, err := up.Download(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
	}
	cancel()
	for range 2 {
		<-ended
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}

	// They end by themselves.
	l = start(t, s, nil, updater.Options{}, func(u *updater.Updater) { u.SetStall(2 * time.Second) })
	m = l.check(t, object{"proxy": silent.URL})
	go download(t.Context(), l, m)
	refused(t, "a proxy that never answers", l.main.CallContext(t.Context(), "plugin:updater|check", object{"proxy": "http://" + proxy.Addr().String()}, nil), "sent nothing for too long")
	refused(t, "a package that never comes", <-ended, "sent nothing for too long")
}

// TestTotal: a check takes a minute at most, here a second, and asks all
// endpoints in it.
func TestTotal(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	s.announce(t, "/good", "2.0.0", "x", nil)
	s.on("/latest", func(w http.ResponseWriter, r *http.Request) { // never stalls
		for r.Context().Err() == nil {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	short := func(d time.Duration) func(*updater.Updater) { return func(u *updater.Updater) { u.SetTotal(d) } }
	l := start(t, s, object{"endpoints": []string{s.URL + "/latest"}}, updater.Options{}, short(time.Second))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 2 {
		_, err := l.u.Check(ctx, nil)
		if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
			t.Errorf("got %v", err)
		}
	}
	refused(t, "the check of a page", l.main.Call("plugin:updater|check", object{}, nil), "deadline exceeded")
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	l = start(t, s, object{"endpoints": []string{s.URL + "/latest", s.URL + "/good"}}, updater.Options{}, short(8*time.Second))
	if up, err := l.u.Check(ctx, nil); err != nil || up == nil {
		t.Errorf("an endpoint behind one that never ends: %v, %v", up, err)
	}
}

// TestEnd: packages are removed when the app ends, and what a killed one has left
// is removed at the next start.
func TestEnd(t *testing.T) {
	s := newServer(t, httptest.NewServer)
	s.announce(t, "/latest", "2.0.0", "x", nil)
	home := t.TempDir()
	l := startIn(t, home, s, nil, updater.Options{Install: func(context.Context, updater.Package) error { panic("as tested") }}, nil)
	up, err := l.u.Check(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := up.Download(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "an installer that panics", d.Install(t.Context(), nil), "panicked")
	if names := l.left(t); len(names) != 1 {
		t.Errorf("a package that was not installed: %q", names)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	l.nothingLeft(t)
	_, err = l.u.Check(t.Context(), nil)
	refused(t, "after the end", err, "about to end")
	if err := os.MkdirAll(filepath.Join(l.cache, "updates", "1"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.cache, "updates", "1", "old"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	startIn(t, home, s, nil, updater.Options{}, nil).nothingLeft(t)
}

func tlsOf(roots *x509.CertPool) *tls.Config { return &tls.Config{RootCAs: roots} }
