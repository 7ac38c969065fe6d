package core

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/ipc"
)

// FuzzParseCall checks that what is taken for a call is one value of strict
// JSON, flat enough, and says the same when it is written again.
func FuzzParseCall(f *testing.F) {
	for _, s := range []string{
		"", "[", "[]", `["a"]`, `["a",{}]`, `["a",null]`, `["a",{},null]`, `["a",{},[["b","c"]]]`, `["a",{},[],1]`, `[1,{}]`, `{"cmd":"a"}`, `["a",{"b":1,"b":2}]`, `["a",{"b":{"c":1,"\u0063":2}}]`,
		`["\ud800",{}]`, "[\"\xff\",{}]", `["a",{}] []`, `["a",{},[["b"]]]`, `["a",[[[[[[[[[]]]]]]]]]]`, strings.Repeat("[", 300), `["a",{"s":"[[[[\"[[["}]`, " [ \"a\" , {} ] ", `["a",{"__proto__":1}]`, `["a",01]`, "[\"a\u0000\",{}]",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var m ipc.Message
		if err := parseCall(text, &m); err != nil {
			return
		}
		if !jsontext.Value(text).IsValid() {
			t.Fatalf("taken for a call: %q", text)
		}
		if d := deepest(t, text); d > maxDepth {
			t.Errorf("%d levels deep", d)
		}
		parts := []any{m.Name, nil}
		if m.Args != nil {
			parts[1] = m.Args
		}
		var fields [][2]string
		for _, h := range m.Header {
			fields = append(fields, [2]string{h.Name, h.Value})
		}
		again, err := json.Marshal(append(parts, fields))
		if err != nil {
			t.Fatal(err)
		}
		var m2 ipc.Message
		if err := parseCall(again, &m2); err != nil {
			t.Fatalf("%q as %q: %v", text, again, err)
		}
		if m.Name != m2.Name || len(m.Header) != len(m2.Header) || !sameJSON(m.Args, m2.Args) {
			t.Errorf("%q says %+v, and as %q %+v", text, m, again, m2)
		}
	})
}

func deepest(t *testing.T, text []byte) (deepest int) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.ReadToken(); err != nil {
			return deepest
		}
		deepest = max(deepest, d.StackDepth())
	}
}

func sameJSON(a, b jsontext.Value) bool {
	a, b = bytes.Clone(a), bytes.Clone(b)
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return a.Canonicalize() == nil && b.Canonicalize() == nil && bytes.Equal(a, b)
}
