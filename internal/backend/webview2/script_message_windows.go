package webview2

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
)

// maxWarnings bounds what is logged of messages that are not taken, for each webview.
const maxWarnings = 100

// maxID bounds the number of a message, in bytes: channel.js makes them of 17 and more.
const maxID = 64

// messageReceived takes a message of the page. A page can write whatever it likes into it; whose
// it is, is the engine's word: the address of the document that has sent it. Messages of frames go
// to the frames' own objects, to which nobody listens; a runtime that has none reports them here,
// and with them the address of the frame. Only a document of the origin that is shown gets through.
func (v *webview) messageReceived(args object) {
	source := args.text(messageSource)
	if from := origin(source); from == "" || from != origin(v.url) {
		v.refuse(fmt.Sprintf("a message of %q, which is not the page that is shown, was dropped", source))
		return
	}
	out := new(uintptr)
	if err := args.call(messageText, out); err != nil {
		v.refuse("a message that is no text was dropped")
		return
	}
	text := takeText(*out)
	kind, rest, _ := strings.Cut(text, " ")
	id, body, _ := strings.Cut(rest, " ")
	switch {
	case id == "" || len(id) > maxID:
		v.refuse("a message without a number was dropped")
	case kind == "m":
		r := &reply{v: v, id: id}
		v.replies[r] = struct{}{}
		if v.state.JavaScriptDisabled {
			r.Fail("scripts are turned off in this webview")
			return
		}
		v.e.handler.Message(v.id, source, body, r)
	case kind == "d":
		v.delivered(id)
	default:
		v.refuse("an unknown message was dropped")
	}
}

// refuse logs what a page has done wrong, which it may do as often as it likes.
func (v *webview) refuse(why string) {
	if v.warned++; v.warned <= maxWarnings {
		v.e.options.Log("webview2: " + why)
	}
}

// reply answers a message of a document.
type reply struct {
	v  *webview
	id string
}

var _ backend.Reply = (*reply)(nil)

// Return implements backend.Reply.
func (r *reply) Return(text string) { r.settle("r", text) }

// Fail implements backend.Reply.
func (r *reply) Fail(message string) { r.settle("f", message) }

func (r *reply) settle(kind, text string) {
	v := r.v
	if _, waits := v.replies[r]; !waits {
		return
	}
	delete(v.replies, r)
	if !v.closed {
		v.log(v.post(kind + " " + r.id + " " + text))
	}
}

// post sends a text to the top document. A NUL ends texts of COM, and is nowhere in JSON.
func (v *webview) post(text string) error {
	return v.core.call(postMessage, strings.ReplaceAll(text, "\x00", "\uFFFD"))
}

// Deliver implements backend.Webview. The page confirms it; what it confirms too early is its own
// loss, for it gets the next batch then.
func (v *webview) Deliver(data string, done func(error)) {
	switch {
	case v.closed:
		done(errClosed)
		return
	case !v.ready():
		done(errors.New("webview2: there is no page yet"))
		return
	}
	v.lastBatch++
	id := v.lastBatch
	v.deliveries[id] = done
	if err := v.post("d " + strconv.FormatUint(id, 10) + " " + data); err != nil {
		delete(v.deliveries, id)
		done(err)
	}
}

func (v *webview) delivered(id string) {
	n, err := strconv.ParseUint(id, 10, 64)
	done := v.deliveries[n]
	if err != nil || done == nil {
		return // of a document that was left
	}
	delete(v.deliveries, n)
	done(nil)
}
