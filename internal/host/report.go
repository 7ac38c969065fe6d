package host

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/wire"
)

// What a webview may report is bounded: the page script keeps to the same
// numbers, but a page can speak to the bridge without it.
const (
	maxReports     = 50
	reportSpan     = 10 * time.Second
	maxReportText  = 4 << 10 // of a message, in bytes
	maxReportPlace = 1 << 10 // of an address or the name of a directive
)

// reports counts what a webview has reported, through all its documents.
type reports struct {
	since   time.Time
	sent    int    // since then
	dropped uint32 // of which the Core does not know
}

// report passes on what the page says went wrong. What is no report is
// dropped: the page can say anything.
func (v *webview) report(text string) {
	now := time.Now()
	if now.Sub(v.reports.since) >= reportSpan {
		v.reports.since, v.reports.sent = now, 0
	}
	if v.reports.sent >= maxReports {
		v.reports.dropped++
		return
	}
	var r wire.PageReport
	if err := json.Unmarshal([]byte(text), &r, jsontext.AllowInvalidUTF8(true)); err != nil {
		v.reports.dropped++
		return
	}
	v.reports.sent++
	r.Message, r.Source = shorten(r.Message, maxReportText), shorten(r.Source, maxReportPlace)
	r.Kind, r.Directive = shorten(r.Kind, maxReportPlace), shorten(r.Directive, maxReportPlace)
	r.Dropped = min(r.Dropped, 1<<30) + v.reports.dropped
	v.reports.dropped = 0
	v.h.send(wire.KindReport, v.id, 0, r)
}
