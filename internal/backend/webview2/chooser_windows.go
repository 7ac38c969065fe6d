package webview2

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/internal/wire"
)

// WebView2 has no event for file inputs (WebView2Feedback 1479). The protocol of the developer tools
// has: while a chooser is intercepted the engine shows no dialog, tells of the input, and takes
// paths for it (the domains Page and DOM of the protocol). A frame in another process has a session
// of its own there, which is not ours: see the table of lacks.

// watchChoosers has file inputs ask the Core.
func (v *webview) watchChoosers() error {
	receiver, err := v.core.object(getEventReceiver, "Page.fileChooserOpened")
	if err != nil {
		return err
	}
	defer receiver.release() // the webview keeps it
	err = receiver.listen(addEventReceived, "ICoreWebView2DevToolsProtocolEventReceivedEventHandler", func(args object) {
		if !v.closed {
			v.chooserOpened(args.text(eventParameters))
		}
	})
	v.interceptChoosers()
	return err
}

// interceptChoosers is called again when a process that ran the page is gone.
func (v *webview) interceptChoosers() {
	done := func(_ string, err error) { v.log(err) }
	v.callDevTools("Page.enable", "{}", done)
	v.callDevTools("Page.setInterceptFileChooserDialog", `{"enabled":true}`, done)
}

// chooser is the parameter of Page.fileChooserOpened.
type chooser struct {
	Mode string `json:"mode"` // selectSingle or selectMultiple
	// Node is the input; 0 for what scripts open without one, which nobody can answer.
	Node int64 `json:"backendNodeId"`
}

// chooserOpened asks the Core for files, and gives them to the input.
func (v *webview) chooserOpened(text string) {
	var c chooser
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		v.log(fmt.Errorf("webview2: Page.fileChooserOpened: %w", err))
		return
	}
	if c.Node == 0 {
		v.log(errors.New("webview2: a page wants files without a file input, which is refused"))
		return
	}
	document := v.document
	node := fmt.Sprintf(`{"backendNodeId":%d}`, c.Node)
	v.callDevTools("DOM.describeNode", node, func(answer string, err error) {
		if v.closed || document != v.document {
			return
		}
		v.log(err)
		d := wire.Decision{Kind: wire.DecideFileChooser, Page: v.url, What: "file", Accept: accepted(answer)}
		if c.Mode == "selectMultiple" {
			d.What = "files"
		}
		v.ask(d, func(verdict wire.Verdict) {
			if !verdict.Allow || len(verdict.Paths) == 0 || v.closed || document != v.document {
				return
			}
			params, err := json.Marshal(map[string]any{"files": verdict.Paths, "backendNodeId": c.Node})
			if err != nil {
				v.log(err)
				return
			}
			v.callDevTools("DOM.setFileInputFiles", string(params), func(_ string, err error) { v.log(err) })
		})
	})
}

// accepted are the media types in the attribute accept of an input, as DOM.describeNode tells of it.
// Extensions, which the attribute can have as well, are left out, and then all files are offered.
func accepted(answer string) []string {
	var described struct {
		Node struct {
			Attributes []string `json:"attributes"` // names and values in turn
		} `json:"node"`
	}
	if json.Unmarshal([]byte(answer), &described) != nil {
		return nil
	}
	var list []string
	for pair := range slices.Chunk(described.Node.Attributes, 2) {
		if len(pair) == 2 && pair[0] == "accept" {
			for t := range strings.SplitSeq(pair[1], ",") {
				if t = strings.TrimSpace(t); strings.Contains(t, "/") {
					list = append(list, t)
				} else if t != "" {
					return nil
				}
			}
		}
	}
	return list
}
