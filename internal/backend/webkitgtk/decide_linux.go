package webkitgtk

import (
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/wire"
)

// WebKitPolicyDecisionType.
const (
	policyNavigation = 0
	policyNewWindow  = 1
	policyResponse   = 2
)

// watchDecisions connects what a page needs a yes for.
func (v *webview) watchDecisions() {
	e, c := v.e, v.e.c
	// Where a handler panics, TRUE leaves the question without an answer,
	// and onPolicy has refused it.
	e.connectFallback(v.view, "decide-policy", 1, func(a args) uintptr {
		v.onPolicy(a[1], int32(a[2]))
		return 1
	})
	e.connect(v.view, "create", func(a args) uintptr { v.onCreate(a[1]); return 0 })
	e.connectFallback(v.view, "permission-request", 1, func(a args) uintptr { v.onPermission(a[1]); return 1 })
	e.connectFallback(v.view, "run-file-chooser", 1, func(a args) uintptr { v.onFileChooser(a[1]); return 1 })
	e.connectFallback(v.view, "authenticate", 1, func(a args) uintptr {
		c.webkitAuthenticationRequestCancel.call(a[1])
		return 1
	})
	e.connectFallback(v.view, "context-menu", 1, func(a args) uintptr {
		return gboolean(e.trimMenu(a[1], v.state.Devtools))
	})
}

// question is a Decision that waits for its Verdict.
type question struct {
	v      *webview
	settle func(wire.Verdict)
}

// answer settles the question, once.
func (q *question) answer(verdict wire.Verdict) {
	if _, ok := q.v.questions[q]; ok {
		delete(q.v.questions, q)
		q.settle(verdict)
	}
}

// ask puts a question. settle is called exactly once: with a refusal when the
// webview is closed or the handler fails before there was an answer.
func (v *webview) ask(d wire.Decision, settle func(wire.Verdict)) {
	if v.closed {
		settle(wire.Verdict{})
		return
	}
	q := &question{v, settle}
	v.questions[q] = struct{}{}
	defer func() {
		if p := recover(); p != nil {
			q.answer(wire.Verdict{})
			panic(p)
		}
	}()
	d.Page = v.url
	v.e.handler.Decide(v.id, d, q.answer)
}

func (v *webview) onPolicy(decision uintptr, kind int32) {
	c := v.e.c
	switch kind {
	case policyNavigation, policyNewWindow:
		v.onNavigation(decision, kind == policyNewWindow)
	case policyResponse:
		v.onResponse(decision)
	default:
		c.webkitPolicyDecisionIgnore.call(decision)
	}
}

// onNavigation asks about a request that is about to be made. WebKitGTK does
// not tell of which frame; only a response tells that: see onResponse.
func (v *webview) onNavigation(decision uintptr, newWindow bool) {
	c := v.e.c
	action := c.webkitNavigationPolicyDecisionGetNavigationAction.call(decision)
	d := v.navigation(action)
	if v.leaving && !newWindow && d.URL == emptyPage {
		c.webkitPolicyDecisionUse.call(decision)
		return
	}
	if newWindow {
		// The Core opens windows itself.
		c.webkitPolicyDecisionIgnore.call(decision)
		d.Kind = wire.DecideNewWindow
		v.ask(d, func(wire.Verdict) {})
		return
	}
	if scheme, _, _ := strings.Cut(d.URL, ":"); strings.EqualFold(scheme, "file") {
		// A file that was dropped onto the page, most likely.
		c.webkitPolicyDecisionIgnore.call(decision)
		return
	}
	d.Kind = wire.DecideNavigation
	d.MainFrame = true
	v.askPolicy(decision, d)
}

func (v *webview) navigation(action uintptr) wire.Decision {
	c := v.e.c
	gesture := isTrue(c.webkitNavigationActionIsUserGesture.call(action))
	return wire.Decision{
		Clicked:     gesture && v.input.use(int32(c.webkitNavigationActionGetNavigationType.call(action))),
		URL:         goString(c.webkitUriRequestGetUri.call(c.webkitNavigationActionGetRequest.call(action))),
		UserGesture: gesture,
		Redirect:    isTrue(c.webkitNavigationActionIsRedirect.call(action)),
	}
}

// askPolicy keeps a WebKitPolicyDecision until there is an answer.
func (v *webview) askPolicy(decision uintptr, d wire.Decision) {
	c := v.e.c
	c.gObjectRef.call(decision)
	v.ask(d, func(verdict wire.Verdict) {
		if verdict.Allow {
			c.webkitPolicyDecisionUse.call(decision)
		} else {
			c.webkitPolicyDecisionIgnore.call(decision)
		}
		c.gObjectUnref.call(decision)
	})
}

// onResponse asks about a document that has arrived. What cannot be shown
// becomes a download, which asks for itself.
func (v *webview) onResponse(decision uintptr) {
	c := v.e.c
	uri := goString(c.webkitUriRequestGetUri.call(c.webkitResponsePolicyDecisionGetRequest.call(decision)))
	response := c.webkitResponsePolicyDecisionGetResponse.call(decision)
	if !isTrue(c.webkitResponsePolicyDecisionIsMimeTypeSupported.call(decision)) || v.e.isAttachment(response) {
		c.webkitPolicyDecisionDownload.call(decision)
		return
	}
	scheme, _, _ := strings.Cut(uri, ":")
	if slices.Contains(v.e.options.Schemes, scheme) {
		c.webkitPolicyDecisionUse.call(decision) // the Core has sent it
		return
	}
	v.askPolicy(decision, wire.Decision{
		Kind:      wire.DecideNavigation,
		URL:       uri,
		MainFrame: isTrue(c.webkitResponsePolicyDecisionIsMainFrameMainResource.call(decision)),
		Response:  true,
	})
}

func (e *engine) isAttachment(response uintptr) bool {
	headers := e.c.webkitUriResponseGetHttpHeaders.call(response)
	if headers == 0 {
		return false
	}
	disposition := goString(e.c.soupMessageHeadersGetOne.with(headers, "Content-Disposition"))
	kind, _, _ := strings.Cut(disposition, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "attachment")
}

// onCreate is window.open. The answer is always no, for the Core opens
// windows itself.
func (v *webview) onCreate(action uintptr) {
	d := v.navigation(action)
	d.Kind = wire.DecideNewWindow
	v.ask(d, func(wire.Verdict) {})
}

// permissions are the words for WebKit's permission requests, by class.
var permissions = map[string]string{
	"WebKitClipboardPermissionRequest":                  "clipboard-read",
	"WebKitDeviceInfoPermissionRequest":                 "device-info",
	"WebKitGeolocationPermissionRequest":                "location",
	"WebKitInstallMissingMediaPluginsPermissionRequest": "media-plugins",
	"WebKitMediaKeySystemPermissionRequest":             "media-keys",
	"WebKitNotificationPermissionRequest":               "notification",
	"WebKitPointerLockPermissionRequest":                "pointer-lock",
	"WebKitWebsiteDataAccessPermissionRequest":          "storage-access",
	"WebKitXRPermissionRequest":                         "xr",
}

func (v *webview) onPermission(request uintptr) {
	c := v.e.c
	var wanted []string
	class := goString(c.gTypeNameFromInstance.call(request))
	if what := permissions[class]; what != "" {
		wanted = []string{what}
	} else if class == "WebKitUserMediaPermissionRequest" {
		for _, device := range []struct {
			is   cfunc
			what string
		}{
			{c.webkitUserMediaPermissionIsForVideoDevice, "camera"},
			{c.webkitUserMediaPermissionIsForAudioDevice, "microphone"},
			{c.webkitUserMediaPermissionIsForDisplayDevice, "screen"},
		} {
			if isTrue(device.is.call(request)) {
				wanted = append(wanted, device.what)
			}
		}
	}
	if len(wanted) == 0 {
		wanted = []string{class} // a class of a later version
	}
	c.gObjectRef.call(request)
	v.askAll(wanted, func(allow bool) {
		if allow {
			c.webkitPermissionRequestAllow.call(request)
		} else {
			c.webkitPermissionRequestDeny.call(request)
		}
		c.gObjectUnref.call(request)
	})
}

// askAll asks for one permission after the other and ends at the first no.
func (v *webview) askAll(wanted []string, settle func(allow bool)) {
	v.ask(wire.Decision{Kind: wire.DecidePermission, What: wanted[0]}, func(verdict wire.Verdict) {
		if rest := wanted[1:]; verdict.Allow && len(rest) > 0 {
			v.askAll(rest, settle)
			return
		}
		settle(verdict.Allow)
	})
}

// onFileChooser asks for files: What is "files" where there may be more than
// one, else "file".
func (v *webview) onFileChooser(request uintptr) {
	c := v.e.c
	multiple := isTrue(c.webkitFileChooserRequestGetSelectMultiple.call(request))
	what := "file"
	if multiple {
		what = "files"
	}
	c.gObjectRef.call(request)
	accept := goStrings(c.webkitFileChooserRequestGetMimeTypes.call(request))
	v.ask(wire.Decision{Kind: wire.DecideFileChooser, What: what, Accept: accept}, func(verdict wire.Verdict) {
		paths := verdict.Paths
		if len(paths) > 1 && !multiple {
			paths = paths[:1]
		}
		if verdict.Allow && len(paths) > 0 {
			c.webkitFileChooserRequestSelectFiles.with(request, paths)
		} else {
			c.webkitFileChooserRequestCancel.call(request)
		}
		c.gObjectUnref.call(request)
	})
}
