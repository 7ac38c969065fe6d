package core

import (
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/csp"
	"github.com/mullion-dev/mullion/internal/wire"
)

// ContentPolicy is what the Core knows of the policy of the app's pages.
type ContentPolicy struct {
	// Key is where it is written in the configuration.
	Key string
	// Advisor says what would let through what it blocks; nil if there is no
	// policy.
	Advisor *csp.Advisor
}

// maxViolations is how many different violations of policies are logged in the
// life of an app.
const maxViolations = 50

// violations are those that were logged.
type violations struct {
	mu   sync.Mutex
	seen map[string]struct{} // guarded by mu
}

// first reports whether something is blocked for the first time, and is not
// one too many.
func (v *violations) first(what string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, again := v.seen[what]; again || len(v.seen) >= maxViolations {
		return false
	}
	if v.seen == nil {
		v.seen = map[string]struct{}{}
	}
	v.seen[what] = struct{}{}
	return true
}

// reported logs what went wrong in a page, in the words of the page: each once
// a minute, and few different ones, whatever a page or a host may send.
func (v *Webview) reported(f wire.Frame) error {
	var r wire.PageReport
	if err := wire.Decode(f, &r); err != nil {
		return err
	}
	v.mu.Lock()
	doc := v.doc
	v.mu.Unlock()
	if doc == nil {
		return nil // said by a page that is left
	}
	if r.Kind == wire.ReportPolicy {
		v.violated(doc, r)
		return nil
	}
	kind := map[string]string{
		wire.ReportConsole:   "console.error",
		wire.ReportError:     "uncaught error",
		wire.ReportRejection: "unhandled rejection",
	}[r.Kind]
	if kind == "" {
		return nil // a page can say anything
	}
	place := placeInSource(r)
	more, ok := v.reports.Note(r.Kind+" "+r.Message+" "+place, time.Now())
	if !ok {
		v.reports.Skip(int(r.Dropped))
		return nil
	}
	level, args := slog.LevelError, v.namedIn(doc)
	if !doc.caller.Local {
		level = slog.LevelWarn // it is not the app's fault
	}
	args = append(args, "message", r.Message)
	if place != "" {
		args = append(args, "source", place)
	}
	if more += int(r.Dropped); more > 0 {
		args = append(args, "unlogged", more)
	}
	v.core.log.Log(v.core.ctx, level, "mullion: "+kind+" in a "+whose(doc)+"page", args...)
	return nil
}

// violated logs what the policy of a page has blocked, and how the
// configuration would allow it.
func (v *Webview) violated(doc *document, r wire.PageReport) {
	if !doc.caller.Local {
		return // the policy is that of somebody else
	}
	blocked := r.Message
	args := append(v.namedIn(doc), "directive", r.Directive, "blocked", blocked)
	if place := placeInSource(r); place != "" {
		args = append(args, "source", place)
	}
	source, policy := "", ""
	p := v.core.opts.Policy
	if v.core.isOwn(doc.caller.Origin) && p.Advisor != nil {
		source, policy = p.Advisor.Advise(r.Directive, r.Message, doc.caller.Origin)
	}
	if source == "" {
		if origin := originOf(r.Message); origin != "" {
			blocked = origin
		}
		if v.core.violations.first(r.Directive + " " + blocked) {
			v.core.log.Warn("mullion: a Content-Security-Policy that is not in the configuration has blocked something", args...)
		}
		return
	}
	if !v.core.violations.first(r.Directive + " " + source) {
		return
	}
	if risk := csp.Risk(r.Directive, source); risk != "" {
		args = append(args, "risk", risk)
	}
	args = append(args, "allow", source, p.Key, policy)
	v.core.log.Warn("mullion: the Content-Security-Policy has blocked something; to allow it, set "+p.Key+" as shown", args...)
}

// whose names what is no page of the app.
func whose(d *document) string {
	if d.caller.Local {
		return ""
	}
	return "remote "
}

// namedIn returns the attributes that say where a document is shown.
func (v *Webview) namedIn(d *document) []any {
	args := []any{"window", v.Window().label}
	if v.label != v.Window().label {
		args = append(args, "webview", v.label)
	}
	if !d.caller.Local {
		args = append(args, "origin", d.caller.Origin)
	}
	return args
}

// placeInSource returns address:line:column, as far as it is known.
func placeInSource(r wire.PageReport) string {
	place := r.Source
	if place == "" || r.Line == 0 {
		return place
	}
	place += ":" + strconv.FormatUint(uint64(r.Line), 10)
	if r.Column > 0 {
		place += ":" + strconv.FormatUint(uint64(r.Column), 10)
	}
	return place
}
