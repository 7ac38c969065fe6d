package bindings

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"image"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/conformance/bindings/first"
	"github.com/mullion-dev/mullion/conformance/bindings/second"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// Mood is an enumeration whose zero value has no name.
type Mood int

const (
	Calm Mood = iota + 1
	Cross
)

// Case has constants whose names differ in case alone.
type Case string

const (
	Near Case = "near"
	near Case = "nearly"
)

// Words has keys that are words of JavaScript, or none.
//
// A comment may say */ and `${this}`, and @see nothing.
type Words struct {
	// Class says */, too.
	Class       string `json:"class"`
	Function    string `json:"function"`
	Arguments   int    `json:"arguments"`
	Proto       []byte `json:"__proto__"`
	Constructor []byte `json:"constructor"`
	First       bool   `json:"1st"`
	Dash        bool   `json:"with-dash"`
	Letters     string `json:"жук"`
}

// Strings are numbers that are strings in JSON.
type Strings struct {
	ID    ID            `json:"id,string"`
	Level Level         `json:"level,string"`
	Mood  *Mood         `json:"mood,string"`
	Big   *uint64       `json:"big,string"`
	Wait  time.Duration `json:"wait,string"`
	Month time.Month    `json:"month,string,omitzero"`
}

// Node is a generic list, Pair has two parameters, Forest is no struct.
type (
	Node[T any] struct {
		Value T        `json:"value"`
		Next  *Node[T] `json:"next"`
	}
	Pair[A, B any] struct {
		Left  A `json:"left"`
		Right B `json:"right"`
	}
	Forest[T any] map[string]Forest[T]
	// Box has a parameter that is a word of TypeScript, T the name of others.
	Box[object any] struct {
		Object object `json:"object"`
	}
	T struct {
		T Node[bool] `json:"t"`
	}
	// Sum is a number in a string.
	Sum[N int | float64] struct {
		N N `json:"n,string"`
	}
)

// Moment and Set are other names, and Wait is a number as its kind is.
type (
	Moment            = time.Time
	Set[K comparable] = map[K]struct{}
	Wait              time.Duration
)

// Stamp embeds what writes itself.
//
//mullion:type string
type Stamp struct{ time.Time }

// Names that TypeScript has, or that the module uses.
type (
	Object     struct{ A int }
	Promise    struct{ B int }
	Uint8Array struct{ C []byte }
	Timestamp  struct{ D int }
	Receiver   struct{ E int }
	note       struct{ F int }
	Note       struct{ G int }
	myByte     byte
)

// Named has all of those.
type Named struct {
	Object    Object
	Promise   Promise
	Bytes     Uint8Array
	Timestamp Timestamp
	Receiver  Receiver
	Lower     note
	Upper     Note
	First     first.Note
	Second    second.Note
	Kinds     Pair[first.Kind, second.Kind]
	T         T
}

// Shapes are types without a name of their own.
type Shapes struct {
	Deep    **int
	List    *[]int
	None    [0]int
	Bytes   []*[]byte
	Maps    map[string]map[int][]byte
	Digests [2]Digest
	Structs []struct{ A []byte }
	Either  [2]*Object
	Small   [2]myByte
	Tiny    []myByte
	Set     Set[string]
	Moods   map[Mood][]Mood
	Waits   map[time.Duration]Wait
	Floats  map[float64]float32
	Address uintptr
	Rune    rune
}

// Others are types of other packages.
type Others struct {
	Number   json.Number
	Null     sql.NullString
	IP       net.IP
	Hardware net.HardwareAddr
	Prefix   netip.Prefix
	Rat      *big.Rat
	Level    slog.Level
	Rect     image.Rectangle
	Moment   Moment
	Stamp    Stamp
}

// Inherits embeds a generic type, and one that it hides.
type Inherits struct {
	Page[ID]
	extra
	Note bool `json:"note"`
}

// Query is generic arguments.
type Query[T any] struct {
	// Like is what to look for. */
	Like  T                  `json:"like"`
	Tell  mullion.Channel[T] `json:"tell,omitzero"`
	Until *Moment            `json:"until"`
}

// odd has commands for what is odd.
func odd(a *mullion.App) {
	type local struct{ Local Mood }
	kind(a, "mood", Cross)
	kind(a, "month", time.December)
	kind(a, "case", near)
	kind(a, "words", Words{Class: "c", Function: "f", Arguments: 1, Proto: []byte{1}, Constructor: []byte{2}, First: true, Letters: "ж"})
	kind(a, "strings", Strings{ID: 1<<53 + 1, Level: High, Mood: pointer(Calm), Big: pointer(^uint64(0)), Wait: time.Second, Month: time.May})
	kind(a, "node", Node[[]byte]{Value: []byte{1}, Next: &Node[[]byte]{Value: []byte{2}}})
	kind(a, "pair", Pair[*Mood, Box[Moment]]{Left: pointer(Calm), Right: Box[Moment]{time.Unix(0, 0).UTC()}})
	kind(a, "forest", Forest[int]{"a": {"b": nil}})
	kind(a, "sum", Sum[int]{5})
	kind(a, "named", Named{Lower: note{1}, Upper: Note{2}, Bytes: Uint8Array{[]byte{3}}, First: first.Note{Kind: first.Rich}, Second: second.Note{Data: []byte{4}}})
	kind(a, "shapes", Shapes{
		Deep: pointer(pointer(1)), List: &[]int{2}, Bytes: []*[]byte{nil, pointer([]byte{3})}, Maps: map[string]map[int][]byte{"a": {1: {4}}},
		Digests: [2]Digest{{1}, {2}}, Structs: []struct{ A []byte }{{[]byte{5}}}, Either: [2]*Object{nil, {6}}, Small: [2]myByte{7, 8}, Tiny: []myByte{9},
		Set: Set[string]{"s": {}}, Moods: map[Mood][]Mood{Calm: {Cross}}, Waits: map[time.Duration]Wait{time.Second: 10}, Floats: map[float64]float32{0.5: 1.5},
		Address: 11, Rune: 'r',
	})
	kind(a, "others", Others{
		Number: "12", Null: sql.NullString{String: "s", Valid: true}, IP: net.IPv4(127, 0, 0, 1), Hardware: net.HardwareAddr{1, 2},
		Prefix: netip.MustParsePrefix("10.0.0.0/8"), Rat: big.NewRat(1, 3), Level: slog.LevelWarn, Rect: image.Rect(1, 2, 3, 4),
		Moment: time.Unix(1, 0).UTC(), Stamp: Stamp{time.Unix(2, 0).UTC()},
	})
	kind(a, "inherits", Inherits{Page: Page[ID]{Items: []ID{1}}, Note: true})
	kind(a, "local", local{Calm})

	mullion.Handle(a, "args", query[Digest])
	mullion.Handle(a, "is_refusal", query[Mood])
	mullion.Handle(a, "refuse", func(context.Context, none) (later, error) { return nil, refused() })
	a.AddPlugin(plugin.Plugin{Name: "events", Commands: plugin.Commands{
		"part_2": plugin.Typed(func(context.Context, none) (int, error) { return 1, nil }),
		"part2":  plugin.Typed(func(context.Context, none) (int, error) { return 2, nil }),
		"delete": plugin.Typed(func(context.Context, none) (none, error) { return none{}, nil }),
	}})
	mullion.NewState(a, "constructor", Words{}, mullion.StateOptions[Words]{})
}

// later can be answered, but what it is is known only then.
type later interface{ Later() }

// Refusal is an error whose guard has the name of a command.
type Refusal struct {
	Why Mood `json:"why"`
}

func refused() error { return mullion.ErrorValue(Refusal{Cross}, errors.New("no")) }

// query gives back what is looked for, by the channel and as the result.
func query[T any](ctx context.Context, q Query[T]) (Pair[T, bool], error) {
	err := q.Tell.Send(ctx, q.Like)
	if errors.Is(err, ipc.ErrChannelClosed) {
		err = nil
	}
	return Pair[T, bool]{q.Like, q.Until != nil}, err
}
