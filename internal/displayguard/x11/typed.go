package x11

import (
	"sync"
	"time"
	"unicode"
)

// What a host says to an input method are keys, and some of them do more than write:
// Fcitx has one that types what is on the clipboard. So a host passes on those keys
// that the user has pressed in its windows, each a few times.
const (
	maxStrokes = 512
	strokeTime = 30 * time.Second
	strokeUses = 4
	// modifiers are those of the core protocol. In the bits above them are buttons,
	// and what toolkits add.
	modifiers = 0xff
)

// typing are the latest keys, pressed and let go.
type typing struct {
	mu      sync.Mutex
	strokes [maxStrokes]stroke // guarded by mu
	next    int                // guarded by mu
}

type stroke struct {
	code  byte
	state uint32
	at    time.Time
	uses  int
}

func (t *typing) add(code byte, state uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.strokes[t.next] = stroke{code: code, state: state & modifiers, at: time.Now(), uses: strokeUses}
	t.next = (t.next + 1) % maxStrokes
}

// use reports whether the user has pressed a key with these modifiers, and uses it.
func (t *typing) use(code byte, state uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.strokes { // the latest first
		s := &t.strokes[(t.next-1-i+2*maxStrokes)%maxStrokes]
		if s.code == code && s.state == state&modifiers && s.uses > 0 && within(s.at, strokeTime) {
			s.uses--
			return true
		}
	}
	return false
}

// Typed reports whether the user has pressed a key of that number, and with that
// meaning, in a window of the host a moment ago. It is true a few times for each.
func (g *Guard) Typed(symbol, code, state uint32) bool {
	keys, err := g.server.keyboard()
	return err == nil && code < 256 && keys.means(byte(code), symbol) && g.typed.use(byte(code), state)
}

// means reports whether a key has a symbol in any group and level, as a small letter
// or a large one: Caps Lock changes those that have no level for it, too.
func (k *keyboard) means(code byte, symbol uint32) bool {
	for _, s := range k.symbols[code] {
		if s == symbol || letter(s) != 0 && unicode.ToLower(letter(s)) == unicode.ToLower(letter(symbol)) {
			return true
		}
	}
	return false
}

// letter is the letter that a symbol of Latin-1 or Unicode stands for, or 0.
func letter(symbol uint32) rune {
	const byNumber = 0x01000000
	r := rune(symbol)
	if symbol >= byNumber {
		r = rune(symbol - byNumber)
	} else if symbol > 0xff {
		return 0
	}
	if !unicode.IsLetter(r) {
		return 0
	}
	return r
}

// typedEvent reports whether an event that a client forwards to an input method is a
// key that the user has pressed.
func (c *client) typedEvent(event []byte, state uint32) bool {
	kind := event[0] &^ sentEvent
	return (kind == eventKeyPress || kind == eventKeyRelease) && c.guard.typed.use(event[1], state)
}
