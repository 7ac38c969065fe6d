package webview2

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/mullion-dev/mullion/internal/wire"
)

var errPageLeft = errors.New("the page was left")

// watch listens to what happens to the page. All of it ends with the webview.
func (v *webview) watch() error {
	const starting = "ICoreWebView2NavigationStartingEventHandler"
	var errs []error
	listen := func(m method, handler string, f func(args object)) {
		errs = append(errs, v.core.listen(m, handler, func(args object) {
			if !v.closed {
				f(args)
			}
		}))
	}
	listen(addNavigationStarting, starting, v.navigationStarting)
	listen(addFrameNavigationStarting, starting, v.frameStarting)
	listen(addContentLoading, "ICoreWebView2ContentLoadingEventHandler", v.contentLoading)
	listen(addNavigationCompleted, "ICoreWebView2NavigationCompletedEventHandler", v.navigationCompleted)
	listen(addSourceChanged, "ICoreWebView2SourceChangedEventHandler", func(object) {
		// A step within the document; one to another document comes with contentLoading.
		if at := v.core.text(getSource); origin(at) != "" && origin(at) == origin(v.url) {
			v.url = at
		}
		v.reportState()
	})
	listen(addHistoryChanged, "ICoreWebView2HistoryChangedEventHandler", func(object) { v.reportState() })
	listen(addTitleChanged, "ICoreWebView2DocumentTitleChangedEventHandler", func(object) {
		if title := v.core.text(getTitle); title != "" && v.url != "" {
			v.report(wire.PageEvent{Kind: wire.PageTitle, Detail: title})
		}
	})
	listen(addNewWindowRequested, "ICoreWebView2NewWindowRequestedEventHandler", v.newWindow)
	listen(addPermissionRequested, "ICoreWebView2PermissionRequestedEventHandler", v.permission)
	listen(addProcessFailed, "ICoreWebView2ProcessFailedEventHandler", v.processFailed)
	listen(addMessageReceived, "ICoreWebView2WebMessageReceivedEventHandler", v.messageReceived)
	listen(addCloseRequested, "ICoreWebView2WindowCloseRequestedEventHandler", func(object) { v.report(wire.PageEvent{Kind: wire.PageClose}) })
	errs = append(errs, v.core.with("ICoreWebView2_4", func(o object) error {
		return o.listen(addDownloadStarting, "ICoreWebView2DownloadStartingEventHandler", func(args object) {
			if v.closed {
				v.log(args.call(downloadCancel, true))
				return
			}
			v.downloadStarting(args)
		})
	}))
	return errors.Join(errs...)
}

// report reports an event of the document that is shown.
func (v *webview) report(e wire.PageEvent) {
	if v.closed {
		return
	}
	e.URL = cmp.Or(e.URL, v.url, v.wanted)
	v.e.handler.Page(v.id, e)
}

// reportState reports PageState if it has changed.
func (v *webview) reportState() {
	s := wire.PageEvent{
		Kind: wire.PageState, URL: cmp.Or(v.url, v.wanted), Loading: v.loading,
		Back: v.core.number(canGoBack) != 0, Forward: v.core.number(canGoForward) != 0,
	}
	if s != v.told {
		v.told = s
		v.report(s)
	}
}

// navigationStarting asks about a navigation of the top document. WebView2 wants the answer before
// the handler returns.
func (v *webview) navigationStarting(args object) {
	d := v.decision(args)
	d.MainFrame = true
	if !v.decide(d) {
		v.log(args.call(startingCancel, true))
		return
	}
	v.loading, v.wanted = true, d.URL
	v.report(wire.PageEvent{Kind: wire.PageStarted, URL: d.URL})
	v.reportState()
}

func (v *webview) frameStarting(args object) {
	if !v.decide(v.decision(args)) {
		v.log(args.call(startingCancel, true))
	}
}

// decision is the question about a navigation. That the user is behind it is the engine's word.
func (v *webview) decision(args object) wire.Decision {
	redirect, byUser := args.number(startingRedirected) != 0, args.number(startingByUser) != 0
	return wire.Decision{
		Kind: wire.DecideNavigation, URL: args.text(startingURI), Page: v.url,
		UserGesture: byUser, Clicked: byUser && !redirect, Redirect: redirect,
	}
}

// decide asks the Core and waits for the answer. None in time is a no.
func (v *webview) decide(d wire.Decision) bool {
	var answer *wire.Verdict
	v.ask(d, func(verdict wire.Verdict) { answer = &verdict })
	v.e.waitFor(func() bool { return answer != nil })
	if answer == nil && !v.e.quits {
		v.e.options.Log(fmt.Sprintf("webview2: %s to %s was refused: there was no answer within %v", d.Kind, d.URL, answerLimit))
	}
	return answer != nil && answer.Allow && !v.closed
}

// question is one that the Core has not answered yet.
type question struct {
	v    *webview
	done func(wire.Verdict)
}

func (v *webview) ask(d wire.Decision, done func(wire.Verdict)) {
	q := &question{v, done}
	v.questions[q] = struct{}{}
	v.e.handler.Decide(v.id, d, q.answer)
}

func (q *question) answer(verdict wire.Verdict) {
	if _, waits := q.v.questions[q]; waits {
		delete(q.v.questions, q)
		q.done(verdict)
	}
}

// contentLoading is when a document has replaced the one before.
func (v *webview) contentLoading(args object) {
	v.document++
	v.failing = args.number(loadingErrorPage) != 0
	v.url = v.core.text(getSource)
	v.leave(errPageLeft)
	v.applyCursor()
	v.followScrolling()
	v.report(wire.PageEvent{Kind: wire.PageCommitted})
	v.reportState()
}

// navigationCompleted is also for documents of servers that answer with an error: these are shown.
func (v *webview) navigationCompleted(args object) {
	v.loading = false
	status := args.number(completedStatus)
	switch {
	case args.number(completedSuccess) != 0, status == statusUnknown && !v.failing && v.url != "":
		v.report(wire.PageEvent{Kind: wire.PageFinished})
		// The engine does not tell when the page is drawn.
		v.report(wire.PageEvent{Kind: wire.PagePainted})
	default:
		v.report(wire.PageEvent{
			Kind: wire.PageFailed, URL: v.wanted, Detail: fmt.Sprintf("the engine gives the reason %d of COREWEBVIEW2_WEB_ERROR_STATUS", status),
			Cancelled: status == statusCanceled,
		})
	}
	v.reportState()
}

// The values of COREWEBVIEW2_WEB_ERROR_STATUS that are told apart.
const (
	statusUnknown  = 0
	statusCanceled = 14
)

// newWindow is window.open, or a link to a new window. The answer is always no, for the Core opens
// windows itself.
func (v *webview) newWindow(args object) {
	byUser := args.number(windowByUser) != 0
	d := wire.Decision{Kind: wire.DecideNewWindow, URL: args.text(windowURI), Page: v.url, UserGesture: byUser, Clicked: byUser}
	v.log(args.call(windowHandled, true))
	v.ask(d, func(wire.Verdict) {})
}

// permissions are the words for the values of COREWEBVIEW2_PERMISSION_KIND.
var permissions = map[int32]string{
	1: "microphone", 2: "camera", 3: "location", 4: "notification", 6: "clipboard-read",
}

func (v *webview) permission(args object) {
	const allow, deny = 1, 2 // COREWEBVIEW2_PERMISSION_STATE
	kind := args.number(permissionKind)
	what := permissions[kind]
	if what == "" {
		what = fmt.Sprintf("webview2-permission-%d", kind) // which nobody can grant
	}
	deferral, err := args.object(permissionDeferral)
	if err != nil {
		v.log(err)
		v.log(args.call(permissionState, int32(deny)))
		return
	}
	args.keep()
	v.ask(wire.Decision{Kind: wire.DecidePermission, What: what, Page: v.url}, func(verdict wire.Verdict) {
		state := int32(deny)
		if verdict.Allow {
			state = allow
		}
		v.log(args.call(permissionState, state))
		v.log(deferral.call(complete))
		args.release()
		deferral.release()
	})
}

// The values of COREWEBVIEW2_PROCESS_FAILED_KIND that concern us. What else there is, as the
// process that draws, the engine starts again by itself.
const (
	browserExited      = 0
	renderExited       = 1
	renderUnresponsive = 2
)

// outOfMemory is COREWEBVIEW2_PROCESS_FAILED_REASON_OUT_OF_MEMORY.
const outOfMemory = 5

// processFailed tells of the end of a process. That of the browser is the end of all webviews of the
// host; so the host ends, and the Core opens its windows in another one.
func (v *webview) processFailed(args object) {
	switch args.number(failedKind) {
	case browserExited:
		v.e.fail(errors.New("webview2: the browser process has ended"))
	case renderExited:
		reason := wire.CrashCrashed
		_ = args.with("ICoreWebView2ProcessFailedEventArgs2", func(o object) error {
			if o.number(failedReason) == outOfMemory {
				reason = wire.CrashMemory
			}
			return nil
		})
		v.document++
		v.loading = false
		v.leave(errPageLeft)
		v.report(wire.PageEvent{Kind: wire.PageCrashed, Detail: reason})
		v.interceptChoosers()
	case renderUnresponsive:
		v.report(wire.PageEvent{Kind: wire.PageHung})
	}
}
