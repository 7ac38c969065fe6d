package host

import (
	"github.com/mullion-dev/mullion/internal/backend"
	"github.com/mullion-dev/mullion/internal/wire"
)

// errorPath is the path of the error page, which the Core serves on the
// bridge's scheme.
const errorPath = "/error"

// A page is found not to answer in two ways: by the engine, which looks only
// while it waits for something, such as a key; and by the probes that come
// with the Core's pings.
type hang struct {
	engine  bool // the engine says so
	probe   bool // a probe was not answered for too long
	waiting int  // pings since the probe that has no answer; 0 if there is none
	asks    bool // the page stands still until the user has answered it
	said    bool // PageHung was reported of the document, and PageAnswers was not
}

// network is how the engine's process for the network does.
type network struct {
	waiting int  // pings since the probe that has no answer; 0 if there is none
	up      bool // it has answered since this process ended one; one that ends by itself answers, too
	ended   bool // it was ended, which answers the probe
}

// maxStarting is maxUnanswered for a network process that has not answered
// yet: on a busy machine it takes long to start.
const maxStarting = 15

// probeNetwork asks that process for a sign of life, and ends it when too many
// pings have come without one. Pings come while the Core and this process
// live: what the machine was asleep does not count.
func (h *host) probeNetwork() {
	n, ok := h.engine.(backend.Networker)
	if !ok || len(h.webviews) == 0 {
		return
	}
	if h.network.waiting == 0 {
		h.network.waiting = 1
		n.ProbeNetwork(func() {
			h.network = network{up: !h.network.ended}
			h.settle()
		})
		return
	}
	most := maxStarting
	if h.network.up {
		most = maxUnanswered
	}
	if h.network.waiting++; h.network.waiting <= most {
		return
	}
	h.network = network{waiting: 1, ended: true}
	if err := n.EndNetwork(); err != nil {
		h.log(4, 0, "the network process does not answer, and cannot be ended: %v", err)
		return
	}
	h.conn.Send(wire.Frame{Kind: wire.KindNetworkHung})
}

// settle tells the Core when all that was asked because of its last ping has
// answered.
func (h *host) settle() {
	if h.pinged == 0 || h.network.waiting > 0 {
		return
	}
	for _, v := range h.webviews {
		if v.hang.waiting > 0 {
			return
		}
	}
	h.conn.Send(wire.Frame{Kind: wire.KindSettled, ID: h.pinged})
	h.pinged = 0
}

// maxUnanswered is how many pings a probe may stay without its answer.
const maxUnanswered = 5

// probe asks the page for a sign of life: it runs next to nothing, for no
// document has that name.
func (v *webview) probe() {
	if v.hang.waiting > 0 {
		if v.hang.asks {
			return
		}
		if v.hang.waiting++; v.hang.waiting > maxUnanswered {
			v.hangs(&v.hang.probe, true)
		}
		return
	}
	if v.doc == "" {
		return
	}
	v.hang.waiting = 1
	v.v.Deliver("", func(error) { // an error is an answer, too
		v.hang.waiting = 0
		if v.hang.probe {
			v.hangs(&v.hang.probe, false)
		}
		v.h.settle()
	})
}

// asks notes that the page waits for the user, or does no more. That is no
// hang: users go to lunch. Afterwards the page has all its time again.
func (v *webview) asks(now bool) {
	v.hang.asks = now
	v.hang.waiting = min(v.hang.waiting, 1)
	v.hang.engine = false // the engine waited for the page meanwhile
	v.hangs(&v.hang.probe, false)
}

// hangs notes what one of the two ways has found out.
func (v *webview) hangs(way *bool, hung bool) {
	*way = hung
	now := (v.hang.engine || v.hang.probe) && !v.hang.asks
	if now == v.hang.said || v.h.webviews[v.id] != v {
		return
	}
	v.hang.said = now
	kind := wire.PageAnswers
	if now {
		kind = wire.PageHung
	}
	v.tell(wire.PageEvent{Kind: kind})
}
