package busfilter

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what one connection of a host to an input method makes the filter, and
// the daemon, remember.
const (
	maxContexts  = 256
	maxListening = 1024 // rules
)

// typist is one connection of a host to an input method. Each direction is judged
// by one goroutine.
type typist struct {
	daemon *daemon
	owners *owners
	typed  Typed

	mu sync.Mutex
	// asked are the calls without an answer; guarded by mu.
	asked map[uint32]request
	// contexts are those that were made for this connection, by their paths, with
	// the name of their daemon; guarded by mu. A daemon that starts again gives the
	// same paths to others.
	contexts map[string]string
	making   int // contexts that are on their way; guarded by mu

	// The direction to the bus alone uses these.
	rules map[string]int // those added, and how often
	total int            // the sum
	told  bucket
}

// request is a call of the host that has no answer yet.
type request struct {
	method string // of the bus
	name   string // what it is about
	create bool
}

// notStarted answers who would have a daemon started: to start one is the
// desktop's affair. Toolkits go on after this error, and not after others.
var notStarted = verdict{error: "org.freedesktop.DBus.Error.ServiceUnknown", text: "no input method is started for a confined program"}

// owners are the names that a bus has given to a daemon, one after the other. All
// connections of a host know them: toolkits watch on one, and type on another.
type owners struct {
	mu    sync.Mutex
	names map[string]bool // guarded by mu
}

func newOwners() *owners { return &owners{names: map[string]bool{}} }

func (o *owners) has(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.names[name]
}

func (o *owners) note(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.names) >= maxNames && !o.names[name] {
		clear(o.names)
	}
	o.names[name] = true
}

func newTypist(d *daemon, o *owners, typed Typed) *typist {
	return &typist{
		daemon: d, owners: o, typed: typed, asked: map[uint32]request{}, contexts: map[string]string{},
		rules: map[string]int{}, told: newBucket(maxTold, toldRate, time.Now()),
	}
}

func (*typist) end() {}

// isDaemon reports whether a name is the daemon's.
func (c *typist) isDaemon(name string) bool {
	return slices.Contains(c.daemon.names, name) || c.owners.has(name)
}

// context returns the daemon of a context, "" if it is not this connection's.
func (c *typist) context(path string) (owner string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.contexts[path]
}

// reads is how much of the body of a message to the bus is read.
func (c *typist) reads(h *header) (most uint32) {
	switch {
	case h.kind != methodCall:
		return 0
	case h.destination == busName:
		return maxRead
	}
	switch m := c.daemon.methods[method{h.iface, h.member}]; {
	case m.judge != nil:
		return maxText
	case m.key:
		return maxRead
	}
	return 0
}

// Typed reports whether the user has pressed a key of that symbol and number, with
// those modifiers, in a window of the host.
type Typed func(symbol, code, state uint32) bool

// mayPress reports whether a key is one that the user has pressed. Keys do more than
// write: Fcitx has one that types what is on the clipboard.
func (c *typist) mayPress(h *header, body []byte) bool {
	v := values{order: h.order, b: body}
	symbol, code, state := v.uint(), v.uint(), v.uint()
	return c.typed == nil || !v.broken && c.typed(symbol, code+c.daemon.code, state)
}

// toBus judges a message of the host. body is nil if it is not read.
func (c *typist) toBus(h *header, body []byte) verdict {
	h.sender = "" // the bus says it
	if h.kind != methodCall {
		return drop // nobody has asked, and nobody listens
	}
	if h.descriptors > 0 {
		return deny
	}
	q, v := c.ask(h, body)
	if !v.pass {
		return v
	}
	if !c.told.take(h.size(), time.Now()) {
		return full
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if q.create {
		if !h.wantsReply() {
			return deny // nobody would know its path
		}
		if len(c.contexts)+c.making >= maxContexts {
			return full
		}
	}
	if h.wantsReply() {
		if _, used := c.asked[h.serial]; used || len(c.asked) >= maxUnsettled {
			return full
		}
		c.asked[h.serial] = q
	}
	if q.create {
		c.making++
	}
	return pass
}

// ask judges a call.
func (c *typist) ask(h *header, body []byte) (request, verdict) {
	switch {
	case h.destination == busName:
		return c.askBus(h, body)
	case !c.isDaemon(h.destination):
		return request{}, deny
	case endpoint{h.path, h.iface, h.member} == c.daemon.create:
		if h.signature != c.daemon.signature || h.body > maxRead {
			return request{}, deny
		}
		h.flags |= noAutoStart // it is the desktop's to start one
		return request{create: true}, pass
	}
	if c.daemon.version != "" && (endpoint{h.path, h.iface, h.member}) == (endpoint{c.daemon.create.path, c.daemon.create.iface, c.daemon.version}) && h.body == 0 {
		h.flags |= noAutoStart
		return request{}, pass
	}
	m, known := c.daemon.methods[method{h.iface, h.member}]
	owner := c.context(h.path)
	if owner == "" || !known || !m.takes(h, body) || m.key && !c.mayPress(h, body) {
		return request{}, deny
	}
	h.flags |= noAutoStart
	h.destination = owner // and not who has the name by now
	if (method{h.iface, h.member}) == c.daemon.destroy {
		c.mu.Lock()
		delete(c.contexts, h.path)
		c.mu.Unlock()
	}
	return request{}, pass
}

// askBus judges a call of the bus.
func (c *typist) askBus(h *header, body []byte) (request, verdict) {
	v := values{order: h.order, b: body}
	if h.path != busPath || h.iface != busName || body == nil {
		return request{}, deny
	}
	q := request{method: h.member}
	if h.member == "StartServiceByName" {
		return q, notStarted
	}
	ok := false
	switch h.member {
	case "Hello":
		ok = h.signature == ""
	case "GetNameOwner", "NameHasOwner":
		q.name = v.text()
		ok = h.signature == "s" && c.isDaemon(q.name)
	case "AddMatch":
		rule := v.text()
		if ok = h.signature == "s" && v.whole() && c.total < maxListening && c.mayMatch(rule); ok {
			c.rules[rule]++
			c.total++
		}
	case "RemoveMatch":
		rule := v.text()
		if ok = h.signature == "s" && v.whole() && c.rules[rule] > 0; ok {
			c.total--
			if c.rules[rule]--; c.rules[rule] == 0 {
				delete(c.rules, rule)
			}
		}
	}
	if !ok || !v.whole() {
		return q, deny
	}
	return q, pass
}

// mayMatch judges a rule: the coming and going of the daemon, what it says of
// contexts of this connection, and of the object that makes them.
func (c *typist) mayMatch(text string) bool {
	rule, ok := matchRule(text)
	if !ok || rule["type"] != "signal" {
		return false
	}
	switch sender, iface := rule["sender"], rule["interface"]; {
	case iface == busName:
		return (sender == "" || sender == busName) && rule["member"] == "NameOwnerChanged" && c.isDaemon(rule["arg0"])
	case iface == c.daemon.face || iface == properties:
		return c.isDaemon(sender) && c.context(rule["path"]) != ""
	case iface == c.daemon.create.iface:
		// Nothing comes of it, but toolkits listen to what they call.
		return c.isDaemon(sender) && rule["path"] == c.daemon.create.path
	}
	return false
}

// readsIn is how much of the body of a message from the bus is read.
func (c *typist) readsIn(h *header) (most uint32) {
	if h.sender == busName && h.kind == signal && h.member == "NameOwnerChanged" {
		return maxRead
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if q := c.asked[h.replySerial]; h.kind == methodReturn && (q.create || q.method == "GetNameOwner") {
		return maxRead
	}
	return 0
}

// toHost judges a message for the host.
func (c *typist) toHost(h *header, body []byte) verdict {
	if h.descriptors > 0 {
		return deny
	}
	switch h.kind {
	case methodCall:
		return deny // a host is there to ask
	case methodReturn, methodError:
		return c.answered(h, body)
	case signal:
		if h.sender == busName && h.iface == busName {
			return c.busSignal(h, body)
		}
		if owner := c.context(h.path); owner != "" && h.sender == owner && (h.iface == c.daemon.face || h.iface == properties) {
			return pass
		}
	}
	return drop
}

// answered judges an answer, and learns from it.
func (c *typist) answered(h *header, body []byte) verdict {
	c.mu.Lock()
	q, ok := c.asked[h.replySerial]
	delete(c.asked, h.replySerial)
	if q.create {
		c.making--
	}
	c.mu.Unlock()
	if !ok || q.method != "" && h.sender != busName {
		return drop
	}
	if h.kind != methodReturn {
		return pass
	}
	v := values{order: h.order, b: body}
	switch first := v.text(); {
	case q.create:
		if v.broken || first == "" {
			return drop
		}
		owner := h.sender
		if !strings.HasPrefix(owner, ":") {
			owner = c.daemon.names[0] // the bus of IBus is the daemon, and answers as a bus
		}
		c.owners.note(owner)
		c.mu.Lock()
		c.contexts[first] = owner
		c.mu.Unlock()
	case q.method == "GetNameOwner" && !v.broken && first != "":
		c.owners.note(first)
	}
	return pass
}

// busSignal judges what the bus itself tells.
func (c *typist) busSignal(h *header, body []byte) verdict {
	switch h.member {
	case "NameAcquired", "NameLost":
		return pass
	case "NameOwnerChanged":
		v := values{order: h.order, b: body}
		name, _, owner := v.text(), v.text(), v.text()
		if !v.whole() || !c.isDaemon(name) {
			return drop
		}
		if owner != "" {
			c.owners.note(owner)
		}
		return pass
	}
	return drop
}
