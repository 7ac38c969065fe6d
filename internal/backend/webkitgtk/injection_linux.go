package webkitgtk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// WebKit does not look at ports when it decides which pages get a script, and
// a pattern with one matches nothing. So it is told of all ports, and the
// scripts begin with a look at the port.

// defaultPorts are those that an address does not name.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// injection returns the patterns as WebKit takes them, and what scripts have to
// begin with: it ends them where the address of the page matches none of the
// patterns as they were.
func injection(patterns []string) (engine []string, guard string) {
	var origins []string
	for _, p := range patterns {
		scheme, rest, _ := strings.Cut(p, "://")
		host, path, _ := strings.Cut(rest, "/")
		port := ""
		// The last colon begins the port, unless it is one of an address in brackets.
		if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
			host, port = host[:i], host[i+1:]
		}
		if e := scheme + "://" + host + "/" + path; !slices.Contains(engine, e) {
			engine = append(engine, e)
		}
		origins = append(origins, wild(scheme, "[^/:]*")+"://"+wild(host, "[^/]*")+portExpression(scheme, port))
	}
	return engine, `if(!/^(?:` + strings.ReplaceAll(strings.Join(origins, "|"), "/", `\/`) + `)$/i.test(location.protocol+"//"+location.host))` +
		`throw"mullion: this page has no bridge: its address is not granted";`
}

// portExpression is for what follows the host in an address: nothing for a
// default port.
func portExpression(scheme, port string) string {
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		port = strconv.FormatUint(n, 10)
	}
	switch {
	case port == "" || port == defaultPorts[scheme]:
		return ""
	case strings.Trim(port, "*") == "":
		return `(?::\d+)?`
	}
	e := ":" + wild(port, `\d*`)
	if strings.Contains(scheme, "*") || strings.Contains(port, "*") {
		return "(?:" + e + ")?" // it may be a default port
	}
	return e
}

// wild is the expression for a text in which * stands for what any matches.
func wild(text, any string) string {
	return strings.Join(strings.Split(regexp.QuoteMeta(text), `\*`), any)
}
