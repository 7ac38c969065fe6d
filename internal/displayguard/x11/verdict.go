package x11

// verdict is what becomes of a request. The zero value lets it pass.
type verdict struct {
	// why says why the request was refused or changed; it is for the log.
	why string
	// code refuses with an error, if that does no harm.
	code byte
	id   uint32 // for the error
	// instead is sent in place of the request, if it has no reply.
	instead []byte
	// reply is what the client gets in place of the server's, in the order of
	// all that it gets; it may be an event. The server does not see the
	// request.
	reply []byte
	// edit changes the server's reply.
	edit func(reply []byte) []byte
	// then is sent after the request, if it passes as it is.
	then []byte
	// end ends the connection.
	end bool
}

// pass lets a request pass.
var pass = verdict{}

// refuse refuses with BadAccess.
func refuse(id uint32, why string) verdict { return verdict{code: badAccess, id: id, why: why} }

// noWindow refuses as if there were no such window.
func noWindow(id uint32) verdict {
	return verdict{code: badWindow, id: id, why: "a window of another program"}
}

// silent makes a request nothing that has no reply.
func silent(why string) verdict { return verdict{instead: noOperation, why: why} }

// answer gives an answer of the guard.
func answer(reply []byte, why string) verdict { return verdict{reply: reply, why: why} }

// rule says what may be asked for with a request.
type rule struct {
	name string // of the request
	ids  ids
	// judge decides about what its ids do not say; nil lets it pass.
	judge func(*client, *message) verdict
	why   string // why it may
	// sees is how many bytes of the request judge wants to see, if there are so
	// many; 0 is what every such request has, with its list of values.
	sees int
}

// all of a request.
const all = -1

// ids says which ids a request may have.
type ids uint8

const (
	// own: those of the client alone.
	own ids = iota
	// root: the root window as well, wherever a window is named.
	root
	// judged: judge looks at all of them.
	judged
)

// denied names requests that no host may make.
type denied struct {
	names string
	why   string
}

// index finds rules by the names of their requests.
func index(rules []rule) map[string]*rule {
	m := make(map[string]*rule, len(rules))
	for i := range rules {
		m[rules[i].name] = &rules[i]
	}
	return m
}

// ruleFor returns the rule for a request, nil without one.
func ruleFor(extension, name string) *rule { return ruleIndex[extension][name] }

// check lets a message pass whose ids are the client's, and all the rest of
// what its rule says.
func (c *client) check(m *message) verdict {
	r := ruleFor(m.extension, m.name)
	if r == nil {
		return refuse(0, "no host may")
	}
	if r.ids != judged {
		if v := c.checkIDs(m, r.ids == root); v.code != 0 {
			return v
		}
	}
	v := pass
	if r.judge != nil {
		v = r.judge(c, m)
	}
	if v.code != 0 || v.reply != nil || v.end || len(v.instead) > 0 && v.instead[0] == noOperation[0] {
		return v
	}
	if full := c.account(m); full.code != 0 {
		return full
	}
	return v
}

// checkIDs refuses a message with an id of another.
func (c *client) checkIDs(m *message, root bool) verdict {
	var v verdict
	ok := m.owned(func(id uint32, k kind) {
		if v.code == 0 && !c.may(id, k, root) {
			v = refuse(id, "an id of another program")
		}
	})
	if !ok && v.code == 0 {
		v = verdict{code: badLength, why: "it ends too early"}
	}
	return v
}

// may reports whether the client may name something. 0 is None; 1, for a pixmap,
// is ParentRelative.
func (c *client) may(id uint32, k kind, root bool) bool {
	switch {
	case id == 0, c.own(id):
		return true
	case k == kindPixmap:
		return id == 1
	case k == kindColormap:
		return c.guard.server.colormaps[id]
	case k == kindWindow, k == kindDrawable:
		return root && c.guard.server.roots[id]
	}
	return false
}

// own reports whether an id is of the client's range.
func (c *client) own(id uint32) bool { return id != 0 && id&^c.mask == c.base }
