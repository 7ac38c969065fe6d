package frontend

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// DevServer takes the address of a dev server apart: as an engine writes it,
// since that is what the addresses of pages are compared with, and its origin.
func DevServer(address string) (full, origin string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", fmt.Errorf("build.devUrl %q is not an address: want http://host:port or https://host:port", address)
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		host = "[" + ip.String() + "]"
	}
	if port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		host += ":" + port
	}
	u.Host, u.User = host, nil
	return u.String(), u.Scheme + "://" + host, nil
}
