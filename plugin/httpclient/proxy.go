package httpclient

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// proxies are those that a page wants for a request.
type proxies struct {
	All   *proxy `json:"all"`
	HTTP  *proxy `json:"http"`
	HTTPS *proxy `json:"https"`
}

// proxy is an address, or an object with more.
type proxy struct {
	URL       string     `json:"url"`
	BasicAuth *basicAuth `json:"basicAuth"`
	NoProxy   *string    `json:"noProxy"`
}

type basicAuth struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (p *proxy) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '"' {
		return json.UnmarshalDecode(d, &p.URL)
	}
	type plain proxy
	return json.UnmarshalDecode(d, (*plain)(p))
}

// The limits of a proxy, in bytes.
const (
	maxProxy      = 16 << 10 // its address
	maxCredential = 4 << 10  // a user name, and a password
	maxNoProxy    = 16 << 10 // the list of exceptions
)

// size is the length of all texts.
func (p *proxies) size() (n int) {
	if p == nil {
		return 0
	}
	for _, x := range []*proxy{p.All, p.HTTP, p.HTTPS} {
		if x == nil {
			continue
		}
		n += len(x.URL)
		if x.BasicAuth != nil {
			n += len(x.BasicAuth.Username) + len(x.BasicAuth.Password)
		}
		if x.NoProxy != nil {
			n += len(*x.NoProxy)
		}
	}
	return n
}

// check refuses what is too long.
func (p *proxy) check() error {
	if len(p.URL) > maxProxy {
		return fmt.Errorf("an address of %d bytes; at most %d are allowed", len(p.URL), maxProxy)
	}
	if a := p.BasicAuth; a != nil && max(len(a.Username), len(a.Password)) > maxCredential {
		return fmt.Errorf("a user name of %d bytes and a password of %d; at most %d are allowed for each", len(a.Username), len(a.Password), maxCredential)
	}
	if p.NoProxy != nil && len(*p.NoProxy) > maxNoProxy {
		return fmt.Errorf("noProxy has %d bytes; at most %d are allowed", len(*p.NoProxy), maxNoProxy)
	}
	return nil
}

// chosen is a proxy that was read.
type chosen struct {
	scheme string // of the addresses that it is for; "" is all
	url    *url.URL
	except []string
}

// choose returns the proxy for an address. The first that is for it counts, in
// the order of the published plugin.
func (p *proxies) choose() (func(*url.URL) (*url.URL, error), error) {
	var list []chosen
	for _, x := range []struct {
		scheme string
		proxy  *proxy
	}{{"", p.All}, {"http", p.HTTP}, {"https", p.HTTPS}} {
		if x.proxy == nil {
			continue
		}
		c, err := x.proxy.read()
		if err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		c.scheme = x.scheme
		list = append(list, c)
	}
	return func(u *url.URL) (*url.URL, error) {
		for _, c := range list {
			if (c.scheme == "" || c.scheme == u.Scheme) && !isException(c.except, u) {
				return c.url, nil
			}
		}
		return nil, nil
	}, nil
}

func (p *proxy) read() (c chosen, err error) {
	if err := p.check(); err != nil {
		return c, err
	}
	raw := p.URL
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	if c.url, err = url.Parse(raw); err != nil {
		return c, errors.New("an address has the form http://host:port")
	}
	user := c.url.User // the one place where credentials are usual
	c.url.User = nil
	if c.url, err = reach.ParseProxy(c.url.String()); err != nil {
		return c, err
	}
	c.url.User = user
	if a := p.BasicAuth; a != nil {
		c.url.User = url.UserPassword(a.Username, a.Password)
	}
	if p.NoProxy == nil {
		return c, nil
	}
	for part := range strings.SplitSeq(*p.NoProxy, ",") {
		if part = strings.ToLower(strings.TrimSpace(part)); part != "" {
			c.except = append(c.except, part)
		}
	}
	return c, nil
}

// isException reports whether a list has a host: as *, as an address, as the
// range of addresses that it is in, or as a domain that it is or is below.
func isException(list []string, u *url.URL) bool {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	for _, e := range list {
		if e == "*" {
			return true
		}
		if err == nil {
			if prefix, err := netip.ParsePrefix(e); err == nil && prefix.Contains(addr) {
				return true
			}
			if one, err := netip.ParseAddr(strings.Trim(e, "[]")); err == nil && one == addr {
				return true
			}
			continue
		}
		if domain := strings.TrimPrefix(e, "."); host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}
