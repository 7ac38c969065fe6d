package busfilter

import (
	"slices"
	"strings"
)

// A reference to an object is a name on the bus and a path. Readers believe a
// program what it says of an object, whosever that is: what they know of the
// objects of others would be overwritten. So what a host says of objects is read,
// and each has to be its own.

// refersTo reports whether values of a signature may hold references.
func refersTo(signature string) bool {
	return strings.Contains(signature, "(so") || strings.Contains(signature, "v")
}

// refersOnlyTo reports whether all references in a body are to names that may be.
// It is false as well for what is not well formed.
func (h *header) refersOnlyTo(may func(name string) bool, body []byte) bool {
	w := walker{values: values{order: h.order, b: body}, may: may}
	w.all(h.signature, 0)
	return w.whole()
}

// walker goes over values as a signature says. What it does not like is broken.
type walker struct {
	values
	may func(name string) bool
}

// maxDepth bounds values in values; the bus allows as many.
const maxDepth = 64

func (w *walker) all(signature string, depth int) {
	for signature != "" && !w.broken {
		signature = w.one(signature, depth)
	}
}

// one goes over one value, and returns the signature of those behind it.
func (w *walker) one(signature string, depth int) (rest string) {
	end := typeEnd(signature)
	if end == 0 || depth > maxDepth {
		w.broken = true
		return ""
	}
	inner, rest := signature[:end], signature[end:]
	switch c := inner[0]; c {
	case 's', 'o':
		w.skipText()
	case 'g':
		w.signature()
	case 'v':
		if inner := w.signature(); typeEnd(inner) == len(inner) && inner != "" {
			w.one(inner, depth+1)
		} else {
			w.broken = true
		}
	case 'a':
		w.array(inner[1:], depth)
	case '(', '{':
		w.align(8)
		at := w.at
		if strings.HasPrefix(inner, "(so") {
			if !w.may(w.text()) {
				w.broken = true
			}
			w.at = at
		}
		w.all(inner[1:end-1], depth+1)
	default:
		w.align(sizes[c])
		w.take(sizes[c])
	}
	return rest
}

func (w *walker) array(element string, depth int) {
	n := int(w.uint())
	size := sizes[element[0]]
	w.align(max(size, alignments[element[0]]))
	if n > len(w.b)-w.at {
		w.broken = true
		return
	}
	if size > 0 {
		w.take(n)
		return
	}
	for end := w.at + n; w.at < end && !w.broken; {
		w.one(element, depth+1)
	}
}

// sizes are those of the types that have one, which they are aligned to;
// alignments are those of the others.
var (
	sizes = [256]int{
		'y': 1, 'n': 2, 'q': 2, 'i': 4, 'u': 4, 'b': 4, 'h': 4, 'x': 8, 't': 8, 'd': 8,
	}
	alignments = [256]int{'s': 4, 'o': 4, 'g': 1, 'v': 1, 'a': 4, '(': 8, '{': 8}
)

// typeEnd is how long the first type of a signature is; 0 where none begins.
func typeEnd(signature string) int {
	open := 0
	for i := range len(signature) {
		switch c := signature[i]; {
		case c == 'a':
			continue
		case c == '(' || c == '{':
			if i+1 < len(signature) && (signature[i+1] == ')' || signature[i+1] == '}') {
				return 0
			}
			open++
			continue
		case c == ')' || c == '}':
			open--
		case sizes[c] == 0 && alignments[c] == 0:
			return 0
		}
		if open < 0 {
			return 0
		}
		if open == 0 {
			return i + 1
		}
	}
	return 0
}

const (
	eventInterface = "org.a11y.atspi.Event."
	cacheInterface = "org.a11y.atspi.Cache"
)

// events are what hosts tell readers of. The others are for the desktop itself,
// and readers end at some of them.
var events = []string{"Object", "Window", "Document", "Focus", "Terminal"}

// cached are the signals about what readers remember, with their signatures.
var cached = map[string][]string{
	"AddAccessible":    {"((so)(so)(so)iiassusau)", "((so)(so)(so)a(so)assusau)"},
	"RemoveAccessible": {"(so)"},
}

// isEvent reports whether a signal is one that readers expect of programs.
func (h *header) isEvent() bool {
	if kind, ok := strings.CutPrefix(h.iface, eventInterface); ok {
		return slices.Contains(events, kind) && (h.signature == "siiv(so)" || h.signature == "siiva{sv}")
	}
	return h.iface == cacheInterface && slices.Contains(cached[h.member], h.signature)
}

// wellFormed reports whether the value in an event is of a type that readers
// expect. They take structures for references without looking: whatever is in
// others would be addresses in their memory.
func (h *header) wellFormed(body []byte) bool {
	if h.iface == cacheInterface {
		return true
	}
	v := values{order: h.order, b: body}
	v.text()
	v.uint()
	v.uint()
	kind := v.signature()
	return !v.broken && (!strings.HasPrefix(kind, "(") || kind == "(so)" || kind == "(iiii)")
}
