package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Transport makes HTTP requests within a scope: each is judged, also those to
// which another one was redirected. It is safe for concurrent use. Close it
// when it is not needed any more.
type Transport struct {
	scope *Scope
	proxy func(*url.URL) (*url.URL, error)
	// trusted is set if it was the app's user who has chosen the proxy.
	trusted bool
	dialer  Dialer
	http    *http.Transport
}

// TransportOptions are those of [NewTransport].
type TransportOptions struct {
	Scope *Scope
	// Proxy returns the proxy for an address, nil for none; it has to be in the
	// scope itself. A nil function means that of the environment, HTTP_PROXY and
	// HTTPS_PROXY, which the scope does not limit. What a name leads to is judged
	// where it is looked up, which a proxy does by itself.
	Proxy func(*url.URL) (*url.URL, error)
	// TLS is a configuration that nobody else uses. nil is the default.
	TLS *tls.Config
	// ConnectTimeout bounds a connection and its handshake. Zero means
	// [DefaultTimeout].
	ConnectTimeout time.Duration
	// Resolver is for tests; nil is that of the system.
	Resolver *net.Resolver
}

// Schemes are those of the addresses that a Transport takes.
var schemes = []string{"http", "https"}

// proxySchemes are those of proxies.
var proxySchemes = []string{"http", "https", "socks5", "socks5h"}

// ParseProxy reads the address of a proxy.
func ParseProxy(raw string) (*url.URL, error) { return ParseURL(raw, proxySchemes...) }

// route is the way of one request, and of the connection that is made for it.
// Connections are shared by requests with the same scheme, server and proxy.
type route struct {
	scheme string
	proxy  *url.URL
}

type routeKey struct{}

// maxHeader bounds the header of a response, in bytes.
const maxHeader = 256 << 10

// NewTransport makes a transport.
func NewTransport(o TransportOptions) *Transport {
	t := &Transport{scope: o.Scope, proxy: o.Proxy, dialer: Dialer{o.Scope, o.ConnectTimeout, o.Resolver}}
	if t.proxy == nil {
		t.trusted = true
		t.proxy = func(u *url.URL) (*url.URL, error) { return http.ProxyFromEnvironment(&http.Request{URL: u}) }
	}
	handshake := o.ConnectTimeout
	if handshake == 0 {
		handshake = DefaultTimeout
	}
	t.http = &http.Transport{
		Proxy: func(r *http.Request) (*url.URL, error) {
			way, ok := r.Context().Value(routeKey{}).(route)
			if !ok {
				return nil, errNoRoute
			}
			return way.proxy, nil
		},
		DialContext:            t.dial,
		TLSClientConfig:        o.TLS,
		TLSHandshakeTimeout:    handshake,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        90 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         64 << 10,
		WriteBufferSize:        64 << 10,
	}
	return t
}

var errNoRoute = errors.New("a connection that belongs to no request")

// Close closes connections that no request uses.
func (t *Transport) Close() { t.http.CloseIdleConnections() }

// RoundTrip implements [http.RoundTripper]. It returns a *[NotAllowedError] for
// what is not in the scope.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	way, err := t.judge(r)
	if err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	return t.http.RoundTrip(way)
}

func (t *Transport) judge(r *http.Request) (*http.Request, error) {
	u, err := Normal(r.URL, schemes...)
	if err != nil {
		return nil, err
	}
	if err := t.scope.Check(u); err != nil {
		return nil, err
	}
	proxy, err := t.proxy(u)
	if err != nil {
		return nil, err
	}
	if proxy != nil && !t.trusted {
		plain := *proxy
		plain.User = nil
		if err := t.scope.Check(&plain); err != nil {
			return nil, err
		}
	}
	judged := r.WithContext(context.WithValue(r.Context(), routeKey{}, route{u.Scheme, proxy}))
	judged.URL = u
	return judged, nil
}

func (t *Transport) dial(ctx context.Context, network, address string) (net.Conn, error) {
	way, ok := ctx.Value(routeKey{}).(route)
	switch {
	case !ok:
		return nil, errNoRoute
	case way.proxy == nil:
		return t.dialer.Dial(ctx, way.scheme, address)
	case t.trusted:
		return t.dialer.net().DialContext(ctx, network, address)
	}
	return t.dialer.Dial(ctx, way.proxy.Scheme, address)
}

// Redirects returns the CheckRedirect of a client: at most that many are
// followed, and with 0 the response that redirects is what the client returns.
func Redirects(most int) func(r *http.Request, via []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		if most == 0 {
			return http.ErrUseLastResponse
		}
		if len(via) > most {
			return errors.New("too many redirects")
		}
		if last := via[len(via)-1].URL; originOf(last) != originOf(r.URL) {
			// The address of a page of one server is nothing for another, as
			// browsers have it.
			r.Header.Del("Referer")
		}
		// The client begins with the header of the first request each time: what
		// was left out once stays out, also on the way back.
		first := originOf(via[0].URL)
		if originOf(r.URL) != first || slices.ContainsFunc(via, func(v *http.Request) bool { return originOf(v.URL) != first }) {
			maps.DeleteFunc(r.Header, func(name string, _ []string) bool { return !forAll[strings.ToLower(name)] })
		}
		return nil
	}
}

// forAll are the headers that another server gets, too, to which a request was
// redirected: those that the Fetch standard lets pages send to all servers
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header), and what is the
// client's. Others may have secrets, such as Authorization and X-Api-Key.
var forAll = map[string]bool{
	"accept": true, "accept-encoding": true, "accept-language": true, "content-encoding": true, "content-language": true, "content-type": true,
	"origin": true, "range": true, "referer": true, "user-agent": true,
}

// originOf is the server of an address: another port is another one, and so is
// the same without encryption.
func originOf(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = defaultPort(u.Scheme)
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port)
}

// TLS is a configuration that trusts these authorities; nil means those of the
// system.
func TLS(roots *x509.CertPool) *tls.Config { return &tls.Config{RootCAs: roots} }
