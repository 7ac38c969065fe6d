package updater

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// stallTimeout is how long a server may send nothing.
	stallTimeout = time.Minute
	// maxRedirects is how often a request may be sent elsewhere.
	maxRedirects = 10
	// maxHeaders and maxHeaderSize bound the headers that a page adds: their
	// number, and the bytes of all names and values.
	maxHeaders, maxHeaderSize = 64, 32 << 10
	// maxTimeout is what longer timeouts are cut to.
	maxTimeout = 24 * time.Hour

	userAgent = "mullion-updater"
)

// errStalled is the cause of a request that was given up.
var errStalled = errors.New("the server has sent nothing for too long")

// request is what varies between requests.
type request struct {
	url     *url.URL
	header  http.Header
	accept  string // if the header does not say
	proxy   *url.URL
	timeout time.Duration // of all of it; 0 is none
}

// get makes a request and gives the answer to use. It ends when ctx does, and
// when the server sends nothing for a while; use tells by its first argument what
// it does not wait for.
func (u *Updater) get(ctx context.Context, r request, use func(*watch, *http.Response) error) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r.timeout > 0 {
		t := time.AfterFunc(r.timeout, func() { cancel(fmt.Errorf("the timeout of %v is over: %w", r.timeout, context.DeadlineExceeded)) })
		defer t.Stop()
	}
	w := &watch{limit: u.stall}
	w.timer = time.AfterFunc(u.stall, func() { cancel(errStalled) })
	defer w.pause()
	transport, err := u.transport(r.proxy)
	if err != nil {
		return err
	}
	defer transport.CloseIdleConnections()
	client := http.Client{Transport: transport, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return fmt.Errorf("sent elsewhere %d times", maxRedirects)
		}
		return u.checkTransport(next.URL)
	}}
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url.String(), nil)
	if err != nil {
		return err
	}
	q.Header = r.header.Clone()
	if q.Header == nil {
		q.Header = http.Header{}
	}
	for name, value := range map[string]string{"Accept": r.accept, "User-Agent": userAgent} {
		if q.Header.Get(name) == "" {
			q.Header.Set(name, value)
		}
	}
	answer, err := client.Do(q)
	if err == nil {
		defer answer.Body.Close()
		err = use(w, answer)
	}
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%s: %w", r.url.Redacted(), context.Cause(ctx))
	}
	return err
}

// watch ends a request for which nothing comes. One goroutine uses it.
type watch struct {
	limit time.Duration
	timer *time.Timer
}

func (w *watch) pause()  { w.timer.Stop() }
func (w *watch) resume() { w.timer.Reset(w.limit) }

// reader tells a watch of what comes.
type reader struct {
	from io.Reader
	w    *watch
}

func (r reader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	r.w.resume()
	return n, err
}

// transport is one for a single request.
func (u *Updater) transport(proxy *url.URL) (*http.Transport, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	// The size that a server tells is that of what is written to disk.
	t.DisableCompression = true
	if proxy != nil {
		t.Proxy = http.ProxyURL(proxy)
	}
	if u.settings.anyCertificate() || u.settings.anyHost() {
		c := &tls.Config{InsecureSkipVerify: true} // as the configuration says
		if !u.settings.anyCertificate() {
			c.VerifyConnection = func(s tls.ConnectionState) error { return checkIssuer(s, c.RootCAs) }
		}
		t.TLSClientConfig = c
	}
	if u.options.Transport != nil {
		if err := u.guard("Options.Transport", func() error { u.options.Transport(t); return nil }); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// checkIssuer checks a certificate, and not the host that it is for.
func checkIssuer(s tls.ConnectionState, roots *x509.CertPool) error {
	between := x509.NewCertPool()
	for _, c := range s.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between})
	return err
}

// checkTransport refuses addresses that the updater does not ask.
func (u *Updater) checkTransport(a *url.URL) error {
	switch {
	case a.Host == "":
		return fmt.Errorf("%q: want an address with a host, such as https://example.com/latest.json", a.Redacted())
	case a.Scheme == "https", a.Scheme == "http" && u.settings.insecure():
		return nil
	case a.Scheme == "http":
		return fmt.Errorf("%s: %w Set dangerousInsecureTransportProtocol to use it anyway", a.Redacted(), errInsecure)
	}
	return fmt.Errorf("%s: want https", a.Redacted())
}

// variables are what endpoints may have in their addresses.
type variables struct{ version, target, arch, bundle string }

// address is that of an endpoint, with its variables. Their values stay what they
// are in a path or a query: nothing in them is a part of the address's form.
func (u *Updater) address(endpoint string, v variables) (*url.URL, error) {
	var pairs []string
	for name, value := range map[string]string{
		"current_version": v.version, "target": v.target, "arch": v.arch, "bundle_type": v.bundle,
	} {
		value = strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
		pairs = append(pairs, "{{"+name+"}}", value, "%7B%7B"+name+"%7D%7D", value)
	}
	a, err := url.Parse(strings.NewReplacer(pairs...).Replace(endpoint))
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	if strings.ContainsAny(a.Host+a.Path, "{}") {
		return nil, fmt.Errorf("endpoint %q: it may have the variables {{target}}, {{arch}}, {{current_version}} and {{bundle_type}}", endpoint)
	}
	if err := u.checkTransport(a); err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	return a, nil
}

// parseProxy reads the address of a proxy.
func parseProxy(s string) (*url.URL, error) {
	if s == "" {
		return nil, nil
	}
	p, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	switch p.Scheme {
	case "http", "https", "socks5", "socks5h":
		if p.Host != "" {
			return p, nil
		}
	}
	return nil, fmt.Errorf("proxy %q: want an address such as http://localhost:8080, of http, https, socks5 or socks5h", p.Redacted())
}

// ofConnection are headers that are about a connection, not a request.
var ofConnection = map[string]bool{
	"Connection": true, "Content-Length": true, "Expect": true, "Host": true, "Keep-Alive": true, "Proxy-Connection": true,
	"Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// addHeaders puts the headers of a page into h.
func addHeaders(h http.Header, pairs [][2]string, put func(h http.Header, name, value string)) error {
	if len(pairs) > maxHeaders {
		return fmt.Errorf("%d headers; the limit is %d", len(pairs), maxHeaders)
	}
	size := 0
	for _, p := range pairs {
		name, value := p[0], p[1]
		if size += len(name) + len(value); size > maxHeaderSize {
			return fmt.Errorf("the headers have more than %d bytes", maxHeaderSize)
		}
		if !isToken(name) {
			return fmt.Errorf("%.64q is no name of a header", name)
		}
		if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return fmt.Errorf("header %s: its value has characters that a header cannot have", name)
		}
		if ofConnection[http.CanonicalHeaderKey(name)] {
			return fmt.Errorf("header %s: it is the connection's, and cannot be set", name)
		}
		put(h, name, value)
	}
	return nil
}

// isToken reports whether s can be the name of a header, by RFC 9110, 5.6.2.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.ContainsRune("!#$%&'*+-.^_`|~", c):
			return false
		}
		return true
	})
}
