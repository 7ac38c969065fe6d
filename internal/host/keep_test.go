package host

import (
	"slices"
	"testing"
)

// What a page gives up while there is no Core makes room for others, and the rest
// is done in its order.
func TestGiveUpInTheGap(t *testing.T) {
	h := &host{webviews: map[uint32]*webview{}}
	v := &webview{h: h, id: 7, doc: "shown"}
	h.webviews[v.id] = v
	var ran, want []uint64
	failed := map[string]int{}
	hold := func(call uint64, doc string) {
		h.hold(held{
			v: v, doc: doc, call: call, size: 10, fail: func(why string) { failed[why]++ },
			run: func() { ran = append(ran, call) },
		})
	}
	last := uint64(0)
	for round := range 5 {
		for range maxHeld - h.keep.heldCount {
			last++
			hold(last, "shown")
		}
		if hold(last+1, "shown"); failed[tooMuchFor] != round+1 {
			t.Fatalf("round %d: the limit did not hold", round)
		}
		for call := uint64(1); call <= last; call++ {
			if call%5 != 0 {
				h.giveUp(v, call)
			}
		}
		h.giveUp(v, last+100) // which there is not
	}
	if n := len(h.keep.held); n > 2*maxHeld {
		t.Errorf("got %d entries", n)
	}
	hold(last+1, "left")
	h.giveUp(v, last+1) // it is another document's
	for call := uint64(5); call <= last; call += 5 {
		want = append(want, call)
	}
	if h.keep.heldBytes != 10*(len(want)+1) {
		t.Errorf("got %d bytes", h.keep.heldBytes)
	}
	h.release()
	if !slices.Equal(ran, want) {
		t.Errorf("got %d calls that were done, want %d, in their order", len(ran), len(want))
	}
	if got, want := failed["the page gave the call up"], int(last)-len(want); got != want {
		t.Errorf("got %d calls that were given up, want %d", got, want)
	}
	if failed["the document is no longer shown"] != 1 {
		t.Error("the call of a document that was left is not rejected")
	}
	if h.keep.heldBytes != 0 || h.keep.heldCount != 0 {
		t.Errorf("got %d bytes in %d entries that wait", h.keep.heldBytes, h.keep.heldCount)
	}
}
