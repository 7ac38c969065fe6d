package busfilter

import (
	"slices"
	"strings"
	"sync"
)

// Names on the bus; see the descriptions in at-spi2-core/xml.
const (
	busName = "org.freedesktop.DBus" // an interface as well
	busPath = "/org/freedesktop/DBus"

	registryName      = "org.a11y.atspi.Registry" // an interface as well
	registryInterface = registryName
	listenerInterface = "org.a11y.atspi.DeviceEventListener"

	accessDenied   = "org.freedesktop.DBus.Error.AccessDenied"
	limitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded"
	notSupported   = "org.freedesktop.DBus.Error.NotSupported"
)

// endpoint is a method that may be called.
type endpoint struct{ path, iface, member string }

// arguments are what a method takes. A service that gets others than it expects
// may end; the registry does.
type arguments struct {
	signatures []string                      // any of them
	judge      func(c *conn, v *values) bool // reads them; nil if all may pass
}

// ofRegistry are the methods of the registry that a host may call.
var ofRegistry = map[endpoint]arguments{
	{"/org/a11y/atspi/accessible/root", "org.a11y.atspi.Socket", "Embed"}:                 {[]string{"(so)"}, (*conn).embed},
	{"/org/a11y/atspi/accessible/root", "org.a11y.atspi.Socket", "Unembed"}:               {[]string{"(so)"}, (*conn).ownObject},
	{"/org/a11y/atspi/registry", registryInterface, "GetRegisteredEvents"}:                {nothing, nil},
	{deviceController, "org.a11y.atspi.DeviceEventController", "GetKeystrokeListeners"}:   {nothing, nil},
	{deviceController, "org.a11y.atspi.DeviceEventController", "GetDeviceEventListeners"}: {nothing, nil},
	{deviceController, "org.a11y.atspi.DeviceEventController", "NotifyListenersSync"}:     {keyEvent, nil},
	{deviceController, "org.a11y.atspi.DeviceEventController", "NotifyListenersAsync"}:    {keyEvent, nil},
}

const deviceController = "/org/a11y/atspi/registry/deviceeventcontroller"

var (
	nothing       = []string{""}
	text          = []string{"s"}
	textAndNumber = []string{"su"}
	// keyEvent is described as the first one; toolkits write the others.
	keyEvent = []string{"(uiuuisb)", "(uiiiisb)", "(uinnisb)"}
)

// ofBus are the methods of the bus that a host may call.
var ofBus = map[string]arguments{
	"Hello":              {nothing, nil},
	"AddMatch":           {text, (*conn).addMatch},
	"RemoveMatch":        {text, (*conn).removeMatch},
	"GetNameOwner":       {text, (*conn).knownName},
	"NameHasOwner":       {text, (*conn).knownName},
	"StartServiceByName": {textAndNumber, func(_ *conn, v *values) bool { return v.text() == registryName && v.uint() == 0 }},
	"RequestName":        {textAndNumber, (*conn).requestName},
}

// takes reports whether a method takes what a message brings along. body is nil
// if it was not read.
func (a arguments) takes(c *conn, h *header, body []byte) bool {
	if !slices.Contains(a.signatures, h.signature) || h.body > maxRead || a.judge != nil && body == nil {
		return false
	}
	v := values{order: h.order, b: body}
	return a.judge == nil || a.judge(c, &v) && v.whole()
}

// verdict is what becomes of a message: it is passed on, or dropped, and then
// answered if it is a call that has an error for a name.
type verdict struct {
	pass  bool
	error string
	text  string
}

var (
	pass = verdict{pass: true}
	drop = verdict{}
	deny = verdict{error: accessDenied, text: "a confined program may not do this on this bus"}
	// foreign answers in the name of a host that has named objects of others.
	foreign = verdict{error: accessDenied, text: "a confined program has answered with what is not its own"}
	full    = verdict{error: limitsExceeded, text: "too many calls are waiting for their answers"}
)

// caller is a call that came in, by its sender and number.
type caller struct {
	sender string
	serial uint32
}

// conn is one connection of a host. Each direction is judged by one goroutine.
type conn struct {
	group *Group

	mu    sync.Mutex
	asked map[uint32]question // by their numbers; guarded by mu
	// called are the calls that came in and have no answer yet; guarded by mu.
	called map[caller]bool
	names  map[string]bool // of this connection; guarded by mu
	unique string          // that of them which the bus gave it; guarded by mu
	// coming are the bytes on their way through the bus from connections of the
	// host to this one, by their names; guarded by mu. What the bus refuses stays
	// counted.
	coming map[string]int64
	total  int64 // the sum; guarded by mu
	// rules are those added, and how often; requested is how many names were asked
	// for. The direction to the bus alone uses them.
	rules     map[string]int
	requested int
}

// question is a call of the host that has no answer yet.
type question struct {
	method, name string // where it is of the bus
	registry     bool   // it is of the registry
}

func newConn(g *Group) *conn {
	return &conn{group: g, asked: map[uint32]question{}, called: map[caller]bool{}, names: map[string]bool{}, coming: map[string]int64{}, rules: map[string]int{}}
}

// end forgets the names and rules of a connection; neither direction is in use.
func (c *conn) end() {
	for _, n := range c.rules {
		c.group.addRules(-n)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.group.forget(c.names)
}

// reads is how much of the body of a message to the bus is read.
func (c *conn) reads(h *header) (most uint32) {
	switch {
	case h.kind != methodCall && refersTo(h.signature):
		return maxReferences
	case h.kind != methodCall:
	case h.destination == busName, c.group.isRegistry(h.destination) && ofRegistry[endpoint{h.path, h.iface, h.member}].judge != nil:
		return maxRead
	}
	return 0
}

// toBus judges a message of the host. body is nil if it is not read.
func (c *conn) toBus(h *header, body []byte) verdict {
	h.sender = "" // the bus says it
	if h.descriptors > 0 {
		return deny
	}
	switch h.kind {
	case methodCall:
		return c.ask(h, body)
	case methodReturn, methodError:
		if !c.answers(caller{h.destination, h.replySerial}) || !c.fits(h) {
			return drop
		}
		if !c.refersToOwn(h, body) {
			return foreign
		}
		return pass
	case signal:
		to := h.destination == "" || c.group.has(c.group.clients, h.destination)
		if to && h.isEvent() && c.group.mayTell(h) && c.refersToOwn(h, body) && h.wellFormed(body) {
			return pass
		}
	}
	return drop
}

// refersToOwn reports whether what a host says of objects is about its own.
// body is nil if it was not read.
func (c *conn) refersToOwn(h *header, body []byte) bool {
	return !refersTo(h.signature) || body != nil && h.refersOnlyTo(c.group.mayRefer, body)
}

// answers reports whether a call waits for its answer, which is on its way then.
func (c *conn) answers(key caller) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	waits := c.called[key]
	delete(c.called, key)
	return waits
}

// fits counts a message that is for a connection of the host itself.
func (c *conn) fits(h *header) bool {
	to := c.group.owner(h.destination)
	if to == nil {
		return true
	}
	c.mu.Lock()
	from := c.unique
	c.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	if to.total+h.size() > maxComing {
		return false
	}
	to.total += h.size()
	to.coming[from] += h.size()
	return true
}

// came counts a message that has passed the bus.
func (c *conn) came(h *header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(h.size(), c.coming[h.sender])
	c.total -= n
	if c.coming[h.sender] -= n; c.coming[h.sender] == 0 {
		delete(c.coming, h.sender)
	}
}

// ask judges a call.
func (c *conn) ask(h *header, body []byte) verdict {
	if h.wantsReply() && !c.mayAsk(h.serial) {
		return full // before anything is counted that the call would do
	}
	q := question{}
	switch {
	case h.destination == busName:
		method, ok := ofBus[h.member]
		if h.path != busPath || h.iface != busName || !ok || !method.takes(c, h, body) {
			return deny
		}
		q = question{method: h.member}
		if h.member == "GetNameOwner" || h.member == "RequestName" {
			q.name = (&values{order: h.order, b: body}).text()
		}
	case c.group.isRegistry(h.destination):
		method, ok := ofRegistry[endpoint{h.path, h.iface, h.member}]
		if !ok || !method.takes(c, h, body) {
			return deny
		}
		if !c.group.mayTell(h) {
			return full
		}
		q.registry = true
	case !c.group.awaitOwn(h.destination):
		return deny
	case !c.fits(h):
		return full
	}
	if h.wantsReply() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked[h.serial] = q
	}
	return pass
}

// mayAsk reports whether an answer to a call can be waited for. The direction to
// the bus alone adds any.
func (c *conn) mayAsk(serial uint32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, used := c.asked[serial]
	return !used && len(c.asked) < maxUnsettled
}

// ownObject reads the reference of an object that has to be the host's own.
func (c *conn) ownObject(v *values) bool {
	v.align(8)
	name := v.text()
	v.text() // its path
	return c.group.isOwn(name)
}

// embed reads the object that a program is in the tree of readers with. The
// registry adds it as often as it is told to.
func (c *conn) embed(v *values) bool { return c.ownObject(v) && v.whole() && c.group.addEmbedded() }

func (c *conn) knownName(v *values) bool { return c.group.mayKnow(v.text()) }

func (c *conn) addMatch(v *values) bool {
	rule := v.text()
	if !c.group.mayMatch(rule) || !v.whole() || !c.group.addRules(1) {
		return false
	}
	c.rules[rule]++
	return true
}

func (c *conn) removeMatch(v *values) bool {
	rule := v.text()
	if c.rules[rule] == 0 || !v.whole() {
		return false
	}
	c.group.addRules(-1)
	if c.rules[rule]--; c.rules[rule] == 0 {
		delete(c.rules, rule)
	}
	return true
}

// requestName judges a request for a name. One that somebody else may take over
// would be taken for the host's own for ever.
func (c *conn) requestName(v *values) bool {
	const allowReplacement, replaceExisting = 1, 2
	name, flags := v.text(), v.uint()
	if !mayOwn(name) || !v.whole() || flags&(allowReplacement|replaceExisting) != 0 || c.requested == maxRequests {
		return false
	}
	c.requested++
	return true
}

// readsIn is how much of the body of a message from the bus is read.
func (c *conn) readsIn(h *header) (most uint32) {
	if h.sender != busName {
		return 0
	}
	if h.kind == signal && h.member == "NameOwnerChanged" {
		return maxRead
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.kind == methodReturn && c.asked[h.replySerial].method != "" {
		return maxRead
	}
	return 0
}

// toHost judges a message for the host.
func (c *conn) toHost(h *header, body []byte) verdict {
	c.came(h)
	if h.descriptors > 0 {
		return deny
	}
	switch h.kind {
	case methodCall:
		return c.call(h)
	case methodReturn, methodError:
		c.mu.Lock()
		q, ok := c.asked[h.replySerial]
		delete(c.asked, h.replySerial)
		c.mu.Unlock()
		if !ok {
			return drop
		}
		if q.registry && h.kind == methodReturn {
			c.group.note(c.group.registries, maxNames, h.sender)
		}
		if h.kind == methodReturn && h.sender == busName {
			return c.learn(h, q, body)
		}
		return pass
	case signal:
		switch {
		case h.sender == busName && h.iface == busName:
			return c.busSignal(h, body)
		case c.group.isRegistry(h.sender) && (h.iface == registryInterface || h.iface == listenerInterface):
			return pass
		}
	}
	return drop
}

// learn reads what the bus has answered about names.
func (c *conn) learn(h *header, q question, body []byte) verdict {
	v := values{order: h.order, b: body}
	switch q.method {
	case "Hello":
		name := v.text()
		if !v.whole() || !c.have(name) {
			return drop
		}
		c.mu.Lock()
		c.unique = name
		c.mu.Unlock()
	case "RequestName":
		const owner, alreadyOwner = 1, 4
		if result := v.uint(); v.whole() && (result == owner || result == alreadyOwner) && !c.have(q.name) {
			return drop
		}
	case "GetNameOwner":
		if name := v.text(); q.name == registryName && v.whole() {
			c.group.note(c.group.registries, maxNames, name)
		}
	}
	return pass
}

// have notes a name of this connection.
func (c *conn) have(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if name == "" || !c.group.give(name, c) {
		return false
	}
	c.names[name] = true
	return true
}

// busSignal judges what the bus itself tells.
func (c *conn) busSignal(h *header, body []byte) verdict {
	switch h.member {
	case "NameAcquired", "NameLost":
		return pass
	case "NameOwnerChanged":
		v := values{order: h.order, b: body}
		name, _, owner := v.text(), v.text(), v.text()
		if !v.whole() || !c.group.mayKnow(name) {
			return drop
		}
		if name == registryName && owner != "" {
			c.group.note(c.group.registries, maxNames, owner)
		}
		return pass
	}
	return drop
}

// asInterfaces are what may be called of a host's objects, besides those of
// accessibility itself.
var asInterfaces = map[string]bool{
	"org.freedesktop.DBus.Properties": true, "org.freedesktop.DBus.Introspectable": true, "org.freedesktop.DBus.Peer": true,
}

// call judges a call of an object of the host.
func (c *conn) call(h *header) verdict {
	switch {
	case h.member == "GetApplicationBusAddress":
		// Its caller would connect to whatever address the host names, and some
		// kinds of addresses are programs to start.
		return verdict{error: notSupported, text: "the program is on this bus only"}
	case !strings.HasPrefix(h.iface, "org.a11y.atspi.") && !asInterfaces[h.iface]:
		return deny
	}
	c.group.note(c.group.clients, maxClients, h.sender) // without room it is not told of its end
	if !h.wantsReply() {
		return pass
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.called) >= maxUnsettled {
		return full
	}
	c.called[caller{h.sender, h.serial}] = true
	return pass
}
