package csp

import (
	"fmt"
	"slices"
	"strings"
)

// Directives that take a list of sources: those of CSP level 3.
func sourceDirectives() []string {
	return []string{
		"default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem",
		"style-src-attr", "img-src", "font-src", "connect-src", "media-src", "object-src", "child-src", "frame-src",
		"fenced-frame-src", "worker-src", "manifest-src", "prefetch-src", "base-uri", "form-action", "frame-ancestors",
		"navigate-to",
	}
}

// Directives whose values are words of other kinds, or that have none.
func otherDirectives() []string {
	return []string{
		"sandbox", "report-uri", "report-to", "require-trusted-types-for", "trusted-types", "webrtc",
		"upgrade-insecure-requests", "block-all-mixed-content", "plugin-types", "require-sri-for",
	}
}

// Sources that stand in single quotes.
func keywords() []string {
	return []string{
		"'none'", "'self'", "'unsafe-inline'", "'unsafe-eval'", "'wasm-unsafe-eval'", "'unsafe-hashes'",
		"'strict-dynamic'", "'report-sample'", "'inline-speculation-rules'", "'unsafe-allow-redirects'",
		"'trusted-types-eval'", "'report-sha256'", "'report-sha384'", "'report-sha512'",
	}
}

func isDirective(name string) bool {
	return slices.Contains(sourceDirectives(), name) || slices.Contains(otherDirectives(), name)
}

// add puts in a directive and returns what is wrong with it.
func (p *Policy) add(name string, sources []string) []error {
	lower := strings.ToLower(name)
	if strings.Trim(lower, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return []error{fmt.Errorf("%q is no directive", name)}
	}
	known := isDirective(lower)
	if !known {
		p.warnings = append(p.warnings, unknownDirective(name))
	}
	takesSources := slices.Contains(sourceDirectives(), lower)
	var errs []error
	for _, s := range sources {
		if problem := sourceProblem(s, takesSources); problem != "" {
			errs = append(errs, fmt.Errorf("%s: bad source %q: %s", lower, s, problem))
			continue
		}
		if takesSources && isUnknownKeyword(s) {
			p.warnings = append(p.warnings, fmt.Sprintf("%s: unknown keyword %s, which engines ignore: want one of %s, a nonce or a hash",
				lower, s, strings.Join(keywords(), " ")))
		}
	}
	if find(p.directives, lower) != nil {
		p.warnings = append(p.warnings, fmt.Sprintf("directive %s is given twice: engines ignore the second", lower))
		return errs
	}
	p.directives = append(p.directives, directive{lower, sources})
	return errs
}

// unknownDirective says that there is no such directive.
func unknownDirective(name string) string {
	return fmt.Sprintf("unknown directive %q%s, which engines ignore", name, directiveHint(strings.ToLower(name)))
}

// directiveHint says what may be meant by an unknown name: the suffix, the
// hyphen or the singular is what people miss.
func directiveHint(name string) string {
	name = strings.ReplaceAll(name, "_", "-")
	base := strings.TrimSuffix(strings.TrimSuffix(name, "-src"), "s")
	for _, meant := range []string{name, name + "-src", base + "-src"} {
		if isDirective(meant) {
			return fmt.Sprintf(" (did you mean %q?)", meant)
		}
	}
	return ""
}

// sourceProblem says what is wrong with a source, or nothing.
func sourceProblem(source string, takesSources bool) string {
	for _, c := range source {
		switch {
		case c == ';':
			return "a semicolon ends the directive"
		case c == ',':
			return "a comma begins another policy: write %2C in an address, and a space between sources"
		case c <= ' ' || c > '~':
			return "only printable ASCII is allowed in a header"
		}
	}
	if !takesSources {
		return ""
	}
	lower := strings.ToLower(source)
	if slices.Contains(keywords(), "'"+lower+"'") {
		return "the keyword stands in single quotes: '" + lower + "'"
	}
	if strings.HasPrefix(source, "'") && (len(source) < 2 || !strings.HasSuffix(source, "'")) {
		return "the quote is not closed"
	}
	return ""
}

func isUnknownKeyword(source string) bool {
	lower := strings.ToLower(source)
	return strings.HasPrefix(source, "'") && !slices.Contains(keywords(), lower) && !isNonceOrHash(lower)
}

// isNonceOrHash reports whether a source in lower case names inline code.
func isNonceOrHash(source string) bool {
	if !strings.HasSuffix(source, "'") {
		return false
	}
	for _, prefix := range []string{"'nonce-", "'sha256-", "'sha384-", "'sha512-"} {
		if value, ok := strings.CutPrefix(source, prefix); ok {
			return len(value) > 1
		}
	}
	return false
}
