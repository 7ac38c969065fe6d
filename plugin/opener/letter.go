package opener

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
)

// isLetter reports whether an address, or a pattern, is one of mailto:, by RFC 6068.
func isLetter(address string) bool {
	scheme, _, ok := strings.Cut(address, ":")
	return ok && strings.EqualFold(scheme, "mailto")
}

// recipient is one of a letter.
type recipient struct {
	text string // without escapes
	// plain is local@domain with the domain in its one spelling. It is empty for
	// other forms, which mail programs read in different ways: a name before an
	// address in angle brackets, quoted parts, comments.
	plain string
}

// fields are those of a letter that have recipients.
var fields = []string{"to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc", "apparently-to"}

// recipients returns whom a letter is for: those before the ? and those of the
// fields after it. Without any it is one that is empty.
func recipients(address string) (list []recipient, err error) {
	address, _, _ = strings.Cut(address, "#")
	_, rest, _ := strings.Cut(address, ":")
	to, query, _ := strings.Cut(rest, "?")
	texts := []string{to}
	for field := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, value, _ := strings.Cut(field, "=")
		if name, err = url.PathUnescape(name); err != nil {
			return nil, err
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if slices.Contains(fields, name) {
			texts = append(texts, value)
		} else if text, err := url.PathUnescape(value); err == nil && name != "body" && strings.ContainsAny(text, "\r\n") {
			return nil, errors.New("a line end in a field of a letter")
		}
	}
	for _, text := range texts {
		if text, err = url.PathUnescape(text); err != nil {
			return nil, err
		}
		for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ',' || r == ';' }) {
			list = append(list, recipient{one, plain(one)})
		}
	}
	if len(list) == 0 {
		list = []recipient{{}}
	}
	return list, nil
}

func plain(text string) string {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || local == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`"()<>[]:\%?`, r) }) {
		return ""
	}
	host, err := capability.ParseHost(domain) // refuses another @
	if err != nil {
		return ""
	}
	return local + "@" + host.String()
}

// allowsRecipient judges one by itself. What is not plain, and no recipient, is
// allowed by patterns for all of them only, such as mailto:*.
func (p *urlPattern) allowsRecipient(r recipient, address string) bool {
	return p.parts == nil && p.to[0].Match("mailto:"+r.plain) && (!p.whole || p.text.Match(address))
}

// deniesRecipient is wider: where some are denied, so is what is not plain.
func (p *urlPattern) deniesRecipient(r recipient) bool {
	if p.whole {
		return false // that is for whole addresses
	}
	if r.plain == "" && r.text != "" && isLetter(p.text.String()) {
		return true
	}
	return p.to[1].Match(strings.ToLower("mailto:" + r.plain))
}
