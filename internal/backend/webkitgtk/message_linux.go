package webkitgtk

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/internal/backend"
)

// receiveMessages registers the handler of script messages, which only the
// bridge's world can see.
func (v *webview) receiveMessages() error {
	c, name := v.e.c, v.e.options.MessageName
	v.e.connectFallback(v.content, "script-message-with-reply-received::"+name, 1, func(a args) uintptr {
		v.onMessage(a[1], a[2])
		return 1
	})
	if !isTrue(c.webkitUserContentManagerRegisterScriptMessageHandlerWithReply.with(v.content, name, v.e.world)) {
		return fmt.Errorf("webkitgtk: cannot register the script message handler %q", name)
	}
	return nil
}

func (v *webview) onMessage(value, messageReply uintptr) {
	e, c := v.e, v.e.c
	if !e.messaged {
		e.messaged = true
		if err := useSignalStack(watchdogSignals); err != nil {
			e.options.Log(fmt.Sprintf("webkitgtk: %v", err))
		}
	}
	r := v.newReply(value, messageReply)
	defer func() {
		if p := recover(); p != nil {
			r.Fail("internal error")
			panic(p)
		}
	}()
	if why := v.refusal(isTrue(c.jscValueIsString.call(value))); why != "" {
		r.Fail(why)
		return
	}
	e.handler.Message(v.id, v.url, e.takeString(value), r)
}

// refusal says why a message of the page is not taken. A page runs for a moment
// after its webview was closed, and after the app has ended.
func (v *webview) refusal(isText bool) string {
	switch {
	case v.closed && v.e.ending.Load():
		return "the app has ended"
	case v.closed:
		return "the webview was closed"
	case !isText:
		return "a message must be a string"
	}
	return ""
}

// takeString copies the text of a script value.
func (e *engine) takeString(value uintptr) string {
	b := e.c.jscValueToStringAsBytes.call(value)
	if b == 0 {
		return ""
	}
	defer e.c.gBytesUnref.call(b)
	return string(e.bytes(b))
}

// reply is a WebKitScriptMessageReply.
//
// The value of an answer must belong to the script context that WebKit makes
// the values of messages in. It throws that one away when it was idle for ten
// seconds, and the value of any other, be it only a former one of its own,
// makes the collector free strings twice (seen in WebKitGTK 2.50.6). So an
// answer uses the context of its message while that is certain to be in use,
// and asks for the present one later.
type reply struct {
	v        *webview
	reply    uintptr
	context  uintptr // JSCContext of the message
	received time.Time
}

var _ backend.Reply = (*reply)(nil)

// contextLife is how long after a message its context is used.
const contextLife = time.Second

func (v *webview) newReply(value, messageReply uintptr) *reply {
	c := v.e.c
	r := &reply{
		v:        v,
		reply:    c.webkitScriptMessageReplyRef.call(messageReply),
		context:  c.gObjectRef.call(c.jscValueGetContext.call(value)),
		received: time.Now(),
	}
	v.replies[r] = struct{}{}
	return r
}

// Return implements backend.Reply.
func (r *reply) Return(text string) {
	if !r.first() {
		return
	}
	if time.Since(r.received) < r.v.e.contextLife {
		r.send(r.context, text)
		return
	}
	r.v.callAsync("return 0", 0, func(value uintptr, err error) {
		if err != nil {
			r.sendError(err.Error()) // the page is gone
			return
		}
		r.send(r.v.e.c.jscValueGetContext.call(value), text)
	})
}

// Fail implements backend.Reply.
func (r *reply) Fail(message string) {
	if r.first() {
		r.sendError(message)
	}
}

func (r *reply) first() bool {
	if _, ok := r.v.replies[r]; !ok {
		return false
	}
	delete(r.v.replies, r)
	return true
}

func (r *reply) send(context uintptr, text string) {
	c := r.v.e.c
	value := r.v.e.newString(context, text)
	c.webkitScriptMessageReplyReturnValue.call(r.reply, value)
	c.gObjectUnref.call(value)
	r.unref()
}

func (r *reply) sendError(message string) {
	r.v.e.c.webkitScriptMessageReplyReturnErrorMessage.with(r.reply, message)
	r.unref()
}

func (r *reply) unref() {
	r.v.e.c.webkitScriptMessageReplyUnref.call(r.reply)
	r.v.e.c.gObjectUnref.call(r.context)
}

// What Deliver runs. GLib's strings end at the first NUL, so that data which
// has one goes as JSON.
const (
	deliverBody       = backend.DeliverFunction + "(data)"
	deliverQuotedBody = backend.DeliverFunction + "(JSON.parse(data))"
)

// delivery is a call of Deliver that has not ended.
type delivery struct {
	v    *webview
	done func(error)
}

func (d *delivery) finish(err error) {
	if _, ok := d.v.deliveries[d]; ok {
		delete(d.v.deliveries, d)
		d.done(err)
	}
}

// Deliver implements backend.Webview.
func (v *webview) Deliver(data string, done func(error)) {
	if v.closed {
		if done != nil {
			v.e.Post(func() { done(errClosed) })
		}
		return
	}
	body := v.e.deliver
	data = strings.ToValidUTF8(data, "\uFFFD")
	if strings.IndexByte(data, 0) >= 0 {
		body, data = v.e.deliverQuoted, quoteNUL(data)
	}
	arguments := v.e.newArguments(data)
	var finish func(uintptr, error)
	if done != nil {
		d := &delivery{v, done}
		v.deliveries[d] = struct{}{}
		finish = func(_ uintptr, err error) { d.finish(err) }
	}
	v.callAsyncC(body, arguments, finish)
	v.e.c.gVariantUnref.call(arguments)
}

// quoteNUL writes s as a JSON string.
func quoteNUL(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20:
			b.WriteString(`\u00`)
			if c < 0x10 {
				b.WriteByte('0')
			}
			b.WriteString(strconv.FormatUint(uint64(c), 16))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// newArguments makes the dictionary {data: text} for a call.
func (e *engine) newArguments(text string) uintptr {
	c := e.c
	value := c.gVariantNewVariant.call(c.gVariantNewString.with(text))
	entry := c.gVariantNewDictEntry.call(c.gVariantNewString.with("data"), value)
	return c.gVariantRefSink.call(c.gVariantNewArray.with(nil, &entry, 1))
}

// callAsync runs body as a function in the world of the bridge. done, which
// may be nil, gets what it returned, or the script's error.
func (v *webview) callAsync(body string, arguments uintptr, done func(value uintptr, err error)) {
	text := v.e.c.gStrdup.with(body)
	defer v.e.c.gFree.call(text)
	v.callAsyncC(text, arguments, done)
}

// callAsyncIn runs body as a function in a world; 0 is the page's own.
func (v *webview) callAsyncIn(world uintptr, body string, done func(value uintptr, err error)) {
	text := v.e.c.gStrdup.with(body)
	defer v.e.c.gFree.call(text)
	v.callWorldC(world, text, 0, done)
}

func (v *webview) callAsyncC(body, arguments uintptr, done func(value uintptr, err error)) {
	v.callWorldC(v.e.world, body, arguments, done)
}

func (v *webview) callWorldC(world, body, arguments uintptr, done func(value uintptr, err error)) {
	e, c := v.e, v.e.c
	var fn, data uintptr
	if done != nil {
		fn, data = e.asyncResult(func(view, result uintptr) {
			failure := new(uintptr)
			value := c.webkitWebViewCallAsyncJavascriptFunctionFinish.with(view, result, failure)
			if value != 0 {
				defer c.gObjectUnref.call(value)
			}
			done(value, e.takeError(*failure))
		})
	}
	const untilNUL = ^uintptr(0)
	c.webkitWebViewCallAsyncJavascriptFunction.call(v.view, body, untilNUL, arguments, world, 0, 0, fn, data)
}
