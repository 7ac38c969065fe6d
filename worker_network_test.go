package mullion_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
)

// fetched is what to fetch, trusting that certificate only.
type fetched struct {
	URL         string `json:"url"`
	Certificate []byte `json:"certificate"`
}

// fetch is an ordinary client of HTTP whose connections are WorkerDial's.
var fetch = mullion.NewWorker("fetch", func(ctx context.Context, f fetched) (string, error) {
	roots := x509.NewCertPool()
	if c, err := x509.ParseCertificate(f.Certificate); err == nil {
		roots.AddCert(c)
	}
	t := &http.Transport{DialContext: mullion.WorkerDial, TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer t.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		return "", err
	}
	a, err := t.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	return string(b), err
}, mullion.WorkerOptions{})

// namesOf resolves names by a table.
type namesOf map[string]string

func (n namesOf) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if a, ok := n[host]; ok {
		return []netip.Addr{netip.MustParseAddr(a)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func TestWorkerNetwork(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	plain, secure := httptest.NewServer(hello), httptest.NewTLSServer(hello)
	defer plain.Close()
	defer secure.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(plain.URL, "http://"), ":")
	for _, layers := range []struct {
		name    string
		without []string
		network bool
	}{
		{"all layers", nil, true},
		{"no namespaces", []string{"namespaces"}, true},
		{"nothing that keeps others out", []string{"namespaces", "broker"}, false},
	} {
		t.Run(layers.name, func(t *testing.T) {
			a := newAppWithout(t, layers.without...)
			a.SetResolver(namesOf{"rebound.example.": "127.0.0.1"})
			for _, tt := range []struct {
				name, url       string
				connect, refuse []string
				is              error  // nil if it is reached
				logged          string // what the log has then
			}{
				{name: "granted", url: plain.URL, connect: []string{plain.URL}},
				{name: "granted by TLS", url: secure.URL, connect: []string{secure.URL}},
				{name: "another server", url: secure.URL, connect: []string{plain.URL}, is: fs.ErrPermission, logged: `option="Connect: []string{\"http://` + secure.Listener.Addr().String()},
				{name: "in the clear", url: plain.URL, connect: []string{"https://" + plain.Listener.Addr().String()}, is: io.EOF, logged: "only https is allowed"},
				{name: "denied", url: plain.URL, connect: []string{plain.URL}, refuse: []string{plain.URL}, is: fs.ErrPermission, logged: "denied by http://127.0.0.1"},
				{name: "a name for this machine", url: "http://rebound.example:" + port, connect: []string{"http://rebound.example:*", "*://*"}, is: fs.ErrPermission, logged: "127.0.0.1 is a loopback address"},
				{name: "no address", url: "http://missing.example", connect: []string{"*://*"}, is: errAny},
			} {
				w := fetch.With(mullion.WorkerOptions{Connect: tt.connect, Refuse: tt.refuse})
				got, err := w.Call(t.Context(), a.App, fetched{tt.url, secure.Certificate().Raw})
				switch {
				case !layers.network:
					if !errors.Is(err, errors.ErrUnsupported) || !a.log.contains("no network for a worker") {
						t.Errorf("%s, where others could use the proxy: %q, %v", tt.name, got, err)
					}
				case tt.is == nil:
					if got != "hello" || err != nil {
						t.Errorf("%s: %q, %v", tt.name, got, err)
					}
				case err == nil || tt.is == fs.ErrPermission && !errors.Is(err, tt.is):
					t.Errorf("%s: %q, %v", tt.name, got, err)
				case tt.logged != "" && !a.log.contains(tt.logged):
					t.Errorf("%s: not logged: %s", tt.name, tt.logged)
				}
			}
			// The grant is for WorkerDial; there is no other way out.
			if _, err := dial.With(mullion.WorkerOptions{Connect: []string{plain.URL}}).Call(t.Context(), a.App, plain.Listener.Addr().String()); err == nil {
				t.Error("connects without the proxy")
			}
		})
	}
}

// TestWorkerCertificates checks that a worker with a network can judge servers.
func TestWorkerCertificates(t *testing.T) {
	a := newApp(t)
	const bundle = "/etc/ssl/certs/ca-certificates.crt"
	want, err := os.ReadFile(bundle)
	if err != nil {
		t.Skipf("trusted certificates are elsewhere: %v", err)
	}
	w := readFile.With(mullion.WorkerOptions{Connect: []string{"https://example.com"}})
	if got, err := w.Call(t.Context(), a.App, bundle); err != nil || got != string(want) {
		t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
	}
	if _, err := readFile.Call(t.Context(), a.App, bundle); err == nil {
		t.Error("without the grant it can read them as well")
	}
}

// TestWorkerHidden: no grant opens the framework's own folders to a worker.
func TestWorkerHidden(t *testing.T) {
	a := newApp(t)
	state := filepath.Join(a.DataDir(), "states", "s.json")
	if err := os.WriteFile(state, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []mullion.WorkerOptions{
		{Read: []string{a.DataDir()}}, {Write: []string{a.DataDir()}}, {Read: []string{state}}, {Write: []string{filepath.Dir(state)}},
	} {
		if got, err := readFile.With(o).Call(t.Context(), a.App, state); err == nil {
			t.Errorf("%+v: read %q", o, got)
		}
	}
}

var errAny = errors.New("any")

func TestWorkerDialMistakes(t *testing.T) {
	a := newApp(t)
	if _, err := fetch.Call(t.Context(), a.App, fetched{URL: "http://example.com"}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "WorkerOptions.Connect") {
		t.Errorf("without a grant: %v", err)
	}
	if _, err := mullion.WorkerDial(t.Context(), "tcp", "example.com:443"); err == nil {
		t.Error("outside of a worker")
	}
	if _, err := mullion.WorkerDial(t.Context(), "udp", "example.com:443"); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("udp: %v", err)
	}
	for _, o := range []mullion.WorkerOptions{{Connect: []string{"example.com"}}, {Connect: []string{"https://example.com"}, Refuse: []string{"https://example.com/path"}}} {
		if _, err := fetch.With(o).Call(t.Context(), a.App, fetched{}); err == nil || !strings.Contains(err.Error(), "network rule") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
