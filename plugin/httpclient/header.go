package httpclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/mullion-dev/mullion/plugin/internal/reach"
)

// forbidden are the headers that pages may not set, by the Fetch standard
// (https://fetch.spec.whatwg.org/#forbidden-request-header), and those that begin
// with proxy- and sec-.
var forbidden = map[string]bool{
	"accept-charset": true, "accept-encoding": true, "access-control-request-headers": true, "access-control-request-method": true,
	"access-control-request-private-network": true, "connection": true, "content-length": true, "cookie": true, "cookie2": true, "date": true,
	"dnt": true, "expect": true, "host": true, "keep-alive": true, "origin": true, "referer": true, "set-cookie": true, "te": true, "trailer": true,
	"transfer-encoding": true, "upgrade": true, "via": true,
}

// header makes the header of a request, and its host where it is not that of the
// address.
func (h *HTTP) header(fields [][2]string, origin string) (header http.Header, host string, err error) {
	all, err := reach.Header(fields)
	if err != nil {
		return nil, "", err
	}
	header = http.Header{}
	for name, values := range all {
		lower := strings.ToLower(name)
		prefix, _, _ := strings.Cut(lower, "-")
		if reach.Framing(lower) && lower != "host" || !h.options.UnsafeHeaders && (forbidden[lower] || lower != prefix && (prefix == "proxy" || prefix == "sec")) {
			h.leftOut(lower, prefix)
			continue
		}
		if lower == "host" {
			if host, err = hostOf(values[0]); err != nil {
				return nil, "", err
			}
			continue
		}
		header[name] = values
	}
	if header.Get("Range") != "" {
		// A part of what is compressed is not a compressed part.
		header.Set("Accept-Encoding", "identity")
	}
	if header.Get("User-Agent") == "" {
		header.Set("User-Agent", h.options.UserAgent)
	}
	switch own, given := header["Origin"]; {
	case !given && origin != "":
		header.Set("Origin", origin)
	case given && own[0] == "":
		header.Del("Origin") // the way to send none
	}
	return header, host, nil
}

// hostOf reads a header Host.
func hostOf(value string) (string, error) {
	u, err := reach.ParseURL("https://"+value, "https")
	if err == nil && u.String() != "https://"+u.Host {
		err = errors.New("it is more than a host and a port")
	}
	if err != nil {
		return "", fmt.Errorf("header Host: %w", err)
	}
	return u.Host, nil
}

// leftOut tells once that a header is not sent.
func (h *HTTP) leftOut(name, prefix string) {
	if !forbidden[name] && !reach.Framing(name) {
		name = prefix + "-*" // pages could make up any number of them
	}
	h.mu.Lock()
	told := h.said[name]
	h.said[name] = true
	h.mu.Unlock()
	if !told {
		h.app.Log().Warn("a page sets a header that it may not set; it is left out", "header", name)
	}
}
