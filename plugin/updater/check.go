package updater

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

const (
	// maxAnnouncement bounds what an endpoint answers, in bytes.
	maxAnnouncement = 1 << 20
	// maxTarget bounds a target, in bytes.
	maxTarget = 256
)

// ErrNoRelease is the error, wrapped, where no endpoint has announced anything
// that can be read.
var ErrNoRelease = errors.New("Could not fetch a valid release JSON from the remote")

// Release is what an endpoint announces.
type Release struct {
	// Version is without a leading v.
	Version string
	// Notes say what is new; empty if the endpoint says nothing.
	Notes string
	// Date is the zero time if the endpoint has none.
	Date time.Time
	// JSON is the whole announcement.
	JSON jsontext.Value
}

// Update is a release to which the app can be updated.
type Update struct {
	Release
	// CurrentVersion is that of the app.
	CurrentVersion string
	// URL is where its package is.
	URL *url.URL

	u         *Updater
	version   version
	notes     *string
	signature string
	header    http.Header
	proxy     *url.URL
}

// CheckOptions say how to ask the endpoints. The zero value asks as the
// configuration says.
type CheckOptions struct {
	// Header goes with the requests, also with that for the package, in place of
	// those in Options that have the same names.
	Header http.Header
	// Timeout bounds each request, which also ends when the server has sent
	// nothing for a minute. Zero means that the check has a minute, of which each
	// endpoint gets its share.
	Timeout time.Duration
	// Proxy is the address of a proxy, of http, https, socks5 or socks5h, also for
	// the package. Empty means what the environment says (HTTPS_PROXY).
	Proxy string
	// Target is used in place of that in Options.
	Target string
}

// Check asks the endpoints, in their order, until one has announced a release, or
// says by status 204 that there is none. It returns nil without an error if there
// is nothing to update to. Four checks run at the same time, others wait; those
// of pages are not among them.
func (u *Updater) Check(ctx context.Context, o *CheckOptions) (*Update, error) {
	return u.checkFor(ctx, nil, o)
}

// checkFor is Check for a page, or for nil.
func (u *Updater) checkFor(ctx context.Context, page ipc.Page, o *CheckOptions) (*Update, error) {
	if o == nil {
		o = &CheckOptions{}
	}
	ctx, end, err := u.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer end()
	if len(u.endpoints) == 0 {
		return nil, errors.New("Updater does not have any endpoints set.")
	}
	proxy, err := parseProxy(o.Proxy)
	if err != nil {
		return nil, err
	}
	target := o.Target
	if target == "" {
		target = u.options.Target
	}
	keys, v, err := u.target(target)
	if err != nil {
		return nil, err
	}
	total := u.total
	if n := time.Duration(len(u.endpoints)); o.Timeout > 0 {
		total = max(total, n*min(o.Timeout, maxTimeout))
	}
	deadline := time.Now().Add(total)
	ctx, cancel := context.WithDeadlineCause(ctx, deadline, fmt.Errorf("the check has taken %v: %w", total, context.DeadlineExceeded))
	defer cancel()
	leave, err := u.checks.enter(ctx, page)
	if err != nil {
		return nil, err
	}
	defer leave()
	header := u.options.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	for name, values := range o.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	var errs []error
	for i, e := range u.endpoints {
		a, err := u.address(e, v)
		if err != nil {
			return nil, err // the page's target does not fit into it
		}
		timeout := o.Timeout
		if timeout <= 0 { // what is left for it and those behind it
			timeout = max(time.Until(deadline)/time.Duration(len(u.endpoints)-i), 1)
		}
		r, err := u.ask(ctx, request{url: a, header: header, accept: "application/json", proxy: proxy, timeout: timeout})
		if err == nil {
			if r == nil {
				return nil, nil
			}
			return u.update(r, keys, header, proxy)
		}
		if ctx.Err() != nil {
			return nil, err
		}
		u.log.Warn("updater: an endpoint has announced nothing", "error", err)
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrNoRelease, errors.Join(errs...))
}

// target returns by which keys a static announcement is searched, and what the
// variables of endpoints stand for.
func (u *Updater) target(target string) (keys []string, v variables, err error) {
	v = variables{version: u.current, target: target, arch: archName(), bundle: "unknown"}
	if u.options.Bundle != "" {
		v.bundle = u.options.Bundle
	}
	if v.arch == "" {
		return nil, v, errors.New("Unsupported application architecture, expected one of `x86`, `x86_64`, `arm` or `aarch64`.")
	}
	if target != "" {
		if len(target) > maxTarget || target == "." || target == ".." {
			return nil, v, fmt.Errorf("target %.64q: want a name such as linux-x86_64, of at most %d bytes", target, maxTarget)
		}
		return []string{target}, v, nil
	}
	v.target = systemName()
	if v.target == "" {
		return nil, v, errors.New("Unsupported OS, expected one of `linux`, `darwin` or `windows`.")
	}
	if u.options.Bundle != "" {
		keys = append(keys, v.target+"-"+v.arch+"-"+u.options.Bundle)
	}
	return append(keys, v.target+"-"+v.arch), v, nil
}

// announcement is what an endpoint answers: with platforms it is the static form,
// else the dynamic one.
type announcement struct {
	Version   *string             `json:"version"`
	Name      *string             `json:"name"` // an old name of version
	Notes     *string             `json:"notes"`
	Date      *string             `json:"pub_date"`
	Platforms map[string]platform `json:"platforms"`
	platform

	json    jsontext.Value
	version version
	date    time.Time
}

type platform struct {
	URL       *string `json:"url"`
	Signature *string `json:"signature"`
}

// ask returns nil where an endpoint has no update.
func (u *Updater) ask(ctx context.Context, r request) (a *announcement, err error) {
	err = u.get(ctx, r, func(w *watch, answer *http.Response) error {
		switch {
		case answer.StatusCode == http.StatusNoContent:
			return nil
		case answer.StatusCode < 200 || answer.StatusCode > 299:
			return fmt.Errorf("%s answered %s", r.url.Redacted(), answer.Status)
		}
		text, err := io.ReadAll(reader{io.LimitReader(answer.Body, maxAnnouncement+1), w})
		if err != nil {
			return fmt.Errorf("%s: %w", r.url.Redacted(), err)
		}
		if len(text) > maxAnnouncement {
			return fmt.Errorf("%s answered more than %d bytes", r.url.Redacted(), maxAnnouncement)
		}
		if a, err = parseAnnouncement(text); err != nil {
			a = nil
			return fmt.Errorf("%s: %w", r.url.Redacted(), err)
		}
		return nil
	})
	return a, err
}

func parseAnnouncement(text []byte) (*announcement, error) {
	a := &announcement{json: jsontext.Value(text)}
	if a.json.Kind() != '{' {
		return nil, errors.New("the answer is no JSON object")
	}
	if err := json.Unmarshal(text, a); err != nil {
		return nil, err
	}
	v := a.Version
	if v == nil {
		v = a.Name
	}
	if v == nil {
		return nil, errors.New("the `version` field was not set on the updater response")
	}
	var err error
	if a.version, err = parseVersion(*v); err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	if a.Date != nil {
		if a.date, err = time.Parse(time.RFC3339, *a.Date); err != nil {
			return nil, fmt.Errorf("invalid value for `pub_date`: %w", err)
		}
	}
	if a.Platforms == nil {
		if err := a.platform.check(); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func (p platform) check() error {
	switch {
	case p.URL == nil:
		return errors.New("the `url` field was not set on the updater response")
	case p.Signature == nil:
		return errors.New("the `signature` field was not set on the updater response")
	}
	return nil
}

// update makes an update of an announcement, or nil if it is none for this app.
func (u *Updater) update(a *announcement, keys []string, header http.Header, proxy *url.URL) (*Update, error) {
	up := &Update{
		Release:        Release{Version: string(a.version), Date: a.date, JSON: a.json},
		CurrentVersion: u.current, u: u, version: a.version, notes: a.Notes, header: header, proxy: proxy,
	}
	if a.Notes != nil {
		up.Notes = *a.Notes
	}
	if ok, err := u.accepts(up.Release, a.version); !ok || err != nil {
		return nil, err
	}
	p := a.platform
	if a.Platforms != nil {
		found := false
		for _, k := range keys {
			if p, found = a.Platforms[k]; found {
				break
			}
		}
		if !found && len(keys) == 1 {
			return nil, fmt.Errorf("the platform `%s` was not found in the response `platforms` object", keys[0])
		}
		if !found {
			return nil, fmt.Errorf("None of the fallback platforms `%s` were found in the response `platforms` object", strings.Join(keys, ", "))
		}
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	var err error
	if up.URL, err = url.Parse(*p.URL); err != nil {
		return nil, fmt.Errorf("the package's address: %w", err)
	}
	if err := u.checkTransport(up.URL); err != nil {
		return nil, fmt.Errorf("the package's address: %w", err)
	}
	up.signature = *p.Signature
	return up, nil
}

// accepts reports whether a release is an update for the app.
func (u *Updater) accepts(r Release, v version) (ok bool, err error) {
	if accept := u.options.Accept; accept != nil {
		err = u.guard("Options.Accept", func() error { ok = accept(u.current, r); return nil })
		return ok, err
	}
	current, err := parseVersion(u.current)
	if err != nil {
		return false, err
	}
	if u.settings.allowDowngrades() {
		return v != current, nil
	}
	return v.compare(current) > 0, nil
}
