package httpclient

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// maxRoutes is how many are kept for further requests.
const maxRoutes = 32

// routes are the transports in use. Requests share one, and so its connections,
// if they have the same scope, proxies and settings: a connection that one page
// may have is nothing for another.
type routes struct {
	roots *x509.CertPool

	mu   sync.Mutex
	list []*way // guarded by mu; those that were not used for the longest first
}

type way struct {
	key       string
	scope     *reach.Scope
	transport *reach.Transport
}

// routeOptions are what requests may differ in besides their scope.
type routeOptions struct {
	proxies *proxies
	danger  danger
	timeout time.Duration
}

func newRoutes(roots *x509.CertPool) *routes { return &routes{roots: roots} }

// find returns the way for requests with a scope and options.
func (r *routes) find(s capability.Scope, o routeOptions) (*way, error) {
	key, err := keyOf(s, o)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.IndexFunc(r.list, func(w *way) bool { return w.key == key }); i >= 0 {
		w := r.list[i]
		r.list = append(slices.Delete(r.list, i, i+1), w)
		return w, nil
	}
	w, err := r.make(s, o)
	if err != nil {
		return nil, err
	}
	w.key = key
	if r.list = append(r.list, w); len(r.list) > maxRoutes {
		r.list[0].transport.Close()
		r.list = slices.Delete(r.list, 0, 1)
	}
	return w, nil
}

func keyOf(s capability.Scope, o routeOptions) (string, error) {
	var b strings.Builder
	for _, e := range s.Allow {
		fmt.Fprintf(&b, "%s\n", e)
	}
	b.WriteByte('\n')
	for _, e := range s.Deny {
		fmt.Fprintf(&b, "%s\n", e)
	}
	p, err := json.Marshal(o.proxies)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "\n%s %v %v", p, o.danger, o.timeout)
	return b.String(), nil
}

func (r *routes) make(s capability.Scope, o routeOptions) (*way, error) {
	allow, err := reach.Patterns(s.Allow)
	if err != nil {
		return nil, err
	}
	deny, err := reach.Patterns(s.Deny)
	if err != nil {
		return nil, err
	}
	scope, err := reach.NewScope(allow, deny)
	if err != nil {
		return nil, err
	}
	t := reach.TransportOptions{Scope: scope, TLS: r.tls(o.danger), ConnectTimeout: o.timeout}
	if o.proxies != nil {
		if t.Proxy, err = o.proxies.choose(); err != nil {
			return nil, err
		}
	}
	return &way{scope: scope, transport: reach.NewTransport(t)}, nil
}

func (r *routes) tls(d danger) *tls.Config {
	c := &tls.Config{RootCAs: r.roots, InsecureSkipVerify: d.Certs || d.Hostnames}
	if d.Hostnames && !d.Certs {
		// Everything but the name.
		c.VerifyConnection = func(s tls.ConnectionState) error {
			o := x509.VerifyOptions{Roots: r.roots, Intermediates: x509.NewCertPool()}
			for _, cert := range s.PeerCertificates[1:] {
				o.Intermediates.AddCert(cert)
			}
			_, err := s.PeerCertificates[0].Verify(o)
			return err
		}
	}
	return c
}

// close closes connections that no request uses.
func (r *routes) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.list {
		w.transport.Close()
	}
	r.list = nil
}
