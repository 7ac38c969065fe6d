package bindings

import (
	"encoding/json"
	"math/big"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// Color is an enumeration of texts.
type Color string

// The colours.
const (
	Red  Color = "red" // like a rose
	Blue Color = "blue"
)

// Level is an enumeration of numbers.
type Level int

const (
	Low Level = iota
	High
)

// Access is a set of flags.
type Access uint8

const (
	Read Access = 1 << iota
	Write
	Execute
)

// ID is a number with a name of its own, without constants.
type ID int64

// Blob is bytes with a name of its own, Digest a fixed number of them.
type (
	Blob   []byte
	Digest [4]byte
)

// Base is embedded in others.
type Base struct {
	// ID is that of the thing.
	ID ID `json:"id"`
	// Hidden loses against a field that is less deep.
	Hidden string `json:"hidden"`
}

type extra struct {
	Note string `json:"note"`
}

// Thing has a field of every kind. */ is no end of this comment.
type Thing struct {
	Base
	*Extra
	extra
	Hidden   bool              `json:"hidden"`
	Plain    string            // without a tag
	Quoted   int               `json:"with space"`
	Long     int64             `json:"long,string"`
	Left     string            `json:"left,omitzero"`
	Empty    []string          `json:"empty,omitempty"`
	Maybe    *string           `json:"maybe"`
	Gone     *Thing            `json:"gone,omitzero"`
	Kids     []Thing           `json:"kids"`
	ByName   map[string]*Thing `json:"byName"`
	ByColor  map[Color]int     `json:"byColor"`
	ByNumber map[int]string    `json:"byNumber"`
	ByAddr   map[netip.Addr]ID `json:"byAddr"`
	Pair     [2]float64        `json:"pair"`
	Many     [9]bool           `json:"many"`
	Inline   struct {
		// Deep is within.
		Deep bool `json:"deep"`
	} `json:"inline"`
	Data    []byte        `json:"data"`
	Digest  Digest        `json:"digest"`
	Blobs   []Blob        `json:"blobs"`
	When    time.Time     `json:"when"`
	Took    time.Duration `json:"took"`
	Any     any           `json:"any"`
	Secret  string        `json:"-"`
	private func()
}

// Extra is embedded by a pointer, so what is in it may not be there.
type Extra struct {
	More string `json:"more"`
}

// Page is generic.
type Page[T any] struct {
	Items []T `json:"items"`
	Next  *T  `json:"next"`
}

// Table has keys of a type parameter.
type Table[K comparable, V any] struct {
	Rows map[K]V `json:"rows"`
}

// Tree is recursive without being a struct, as is List.
type (
	Tree map[string]Tree
	List []List
)

// Custom writes its JSON itself.
//
//mullion:type [number, number]
type Custom struct{ A, B int }

// MarshalJSON implements json.Marshaler.
func (c Custom) MarshalJSON() ([]byte, error) { return json.Marshal([]int{c.A, c.B}) }

// UnmarshalJSON implements json.Unmarshaler.
func (c *Custom) UnmarshalJSON(b []byte) error {
	var pair [2]int
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	c.A, c.B = pair[0], pair[1]
	return nil
}

// Upper is a text that it writes itself.
type Upper struct{ text string }

// MarshalText implements encoding.TextMarshaler.
func (u Upper) MarshalText() ([]byte, error) { return []byte(u.text), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *Upper) UnmarshalText(b []byte) error { u.text = string(b); return nil }

// Wire has what json leaves to the framework, and to other packages.
type Wire struct {
	URL    url.URL         `json:"url"`
	Big    *big.Int        `json:"big"`
	Addr   netip.Addr      `json:"addr"`
	Raw    jsontext.Value  `json:"raw"`
	Old    json.RawMessage `json:"old"`
	Month  time.Month      `json:"month"`
	Custom Custom          `json:"custom"`
	Upper  Upper           `json:"upper"`
	// Either is told by the field.
	//mullion:type "a" | "b"
	Either string `json:"either"`
}

func pointer[T any](v T) *T { return &v }

// sample is a Thing in which everything is set, and nil is where it can be.
func sample() Thing {
	return Thing{
		Base: Base{ID: 7}, Extra: &Extra{More: "more"}, extra: extra{Note: "note"},
		Hidden: true, Plain: "plain", Quoted: 1, Long: 1<<62 + 1, Left: "left", Empty: []string{"a"}, Maybe: pointer("maybe"),
		Gone: &Thing{Plain: "gone"}, Kids: []Thing{{Data: []byte{1, 2, 3}}}, ByName: map[string]*Thing{"nil": nil, "__proto__": {Data: []byte{4}}},
		ByColor: map[Color]int{Blue: 1}, ByNumber: map[int]string{-5: "five"}, ByAddr: map[netip.Addr]ID{netip.MustParseAddr("::1"): 1},
		Pair: [2]float64{0.5, -1e300}, Many: [9]bool{8: true}, Data: []byte{0, 127, 255}, Digest: Digest{9, 8, 7, 6}, Blobs: []Blob{{}, {1}},
		When: time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC), Took: 1500 * time.Microsecond, Any: map[string]any{"x": []any{nil, true, "s", 1.5}},
	}
}
