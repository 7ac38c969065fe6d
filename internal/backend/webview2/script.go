package webview2

import (
	_ "embed"
	"regexp"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
)

// channel stands around the bridge script; see there. Words in capitals are filled in.
//
//go:embed channel.js
var channel string

// documentScript is what runs at the start of every document, of frames too: it ends at once where
// that is not the top document of an address that one of the patterns matches.
func documentScript(bridge, page, handler string, patterns []string) string {
	origins := "/^(?:" + strings.ReplaceAll(originExpression(patterns), "/", `\/`) + ")$/i"
	// Bridge is put in last: it may contain the words.
	script := strings.NewReplacer("ORIGINS", origins, "HANDLER", handler, "DELIVER", backend.DeliverFunction, "BRIDGE", bridge).Replace(channel)
	if page == "" {
		return script
	}
	return script + "if (window === window.top && " + origins + `.test(location.protocol + "//" + location.host)) {` + "\n" + page + "\n}\n"
}

// defaultPorts are those that an address does not name.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// originExpression is a regular expression, of Go and of JavaScript, for the origins of addresses
// that one of the patterns matches: a scheme, a host and perhaps a port, in which * stands for
// anything, and a path that does not count. Without a port a pattern means that of its scheme.
func originExpression(patterns []string) string {
	var list []string
	for _, pattern := range patterns {
		scheme, rest, _ := strings.Cut(pattern, "://")
		host, _, _ := strings.Cut(rest, "/")
		port, hasPort := "", false
		if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') { // which ends an IPv6 address
			host, port, hasPort = host[:i], host[i+1:], true
		}
		list = append(list, wild(scheme, "[^/:]*")+"://"+wild(host, "[^/]*")+portOf(scheme, port, hasPort))
	}
	return strings.Join(list, "|")
}

func portOf(scheme, port string, given bool) string {
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		port = strconv.FormatUint(n, 10)
	}
	switch {
	case !given, port == defaultPorts[scheme]:
		return ""
	case strings.Contains(scheme, "*"), strings.Contains(port, "*"): // it may be one that is not named
		return "(?::" + wild(port, `\d*`) + ")?"
	}
	return ":" + regexp.QuoteMeta(port)
}

// wild is an expression for a text in which * stands for what the other one matches.
func wild(text, other string) string {
	return strings.Join(strings.Split(regexp.QuoteMeta(text), `\*`), other)
}

// origin is the part of an address before the path, or "" where there is none.
func origin(address string) string {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return ""
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if scheme == "" || end == 0 || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return ""
	}
	return scheme + "://" + rest[:end]
}
