package ipc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

type (
	blob   []byte
	hash   [4]byte
	letter byte
	tree   struct {
		Name string `json:"name"`
		Kids []tree `json:"kids"`
	}
	page[T any] struct {
		Items []T `json:"items"`
		Next  *T  `json:"next,omitzero"`
	}
	Base struct {
		ID int `json:"id"`
	}
	derived struct {
		*Base
		Text string            `json:"text"`
		Rest map[string]string `json:",embed"`
	}
)

func point[T any](v T) *T { return &v }

func parseURL(s string) url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return *u
}

// TestShapes: each Go type that a command may take and return has the JSON that
// Marshal promises, for a value and for the zero value, and comes back as the
// same value. A command of that type is accepted and answered.
func TestShapes(t *testing.T) {
	shape(t, true, `true`)
	shape(t, false, `false`)
	shape(t, "ä\x00\"", "\"ä\\u0000\\\"\"")
	shape(t, 0, `0`)
	shape(t, int64(math.MinInt64), `-9223372036854775808`)
	shape(t, uint64(math.MaxUint64), `18446744073709551615`)
	shape(t, 1.5, `1.5`)
	shape(t, math.MaxFloat64, `1.7976931348623157e+308`)
	shape(t, time.Duration(0), `0`)
	shape(t, time.Second, `1000`)
	shape(t, 1500*time.Microsecond, `1.5`)
	shape(t, time.Duration(-1), `-0.000001`)
	shape(t, time.Duration(math.MaxInt64), `9223372036854.775807`)
	shape(t, time.Duration(math.MinInt64), `-9223372036854.775808`)
	shape(t, map[time.Duration]int{1500 * time.Microsecond: 1}, `{"1.5":1}`)
	shape(t, struct {
		D time.Duration `json:",string"`
		N int64         `json:",string"`
	}{time.Second, 1 << 60}, `{"D":"1000","N":"1152921504606846976"}`)
	shape(t, time.Time{}, `"0001-01-01T00:00:00Z"`)
	shape(t, time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC), `"2026-02-03T04:05:06.000007Z"`)
	shape(t, (*time.Time)(nil), `null`)
	shape(t, time.March, `3`)
	shape(t, struct{ B []byte }{}, `{"B":""}`)
	shape(t, struct{ B []byte }{[]byte{1, 2, 255}}, `{"B":"AQL/"}`)
	shape(t, [][]byte{{}, {7}}, `["","Bw=="]`)
	shape(t, blob("ab"), `"YWI="`)
	shape(t, hash{1}, `"AQAAAA=="`)
	shape(t, [2]byte{}, `"AAA="`)
	shape(t, []letter{1, 2}, `[1,2]`)
	shape(t, map[hash]bool{{}: true}, `{"AAAAAA==":true}`)
	shape(t, [2]string{"a"}, `["a",""]`)
	shape(t, []int(nil), `[]`)
	shape(t, map[string]int(nil), `{}`)
	shape(t, map[int]string{-3: "x"}, `{"-3":"x"}`)
	shape(t, map[netip.Addr]int{netip.MustParseAddr("::1"): 1}, `{"::1":1}`)
	shape(t, (*int)(nil), `null`)
	shape(t, point(5), `5`)
	shape(t, point(point("x")), `"x"`)
	shape(t, any(nil), `null`)
	shape(t, any("x"), `"x"`)
	shape(t, map[string]any{"a": []any{1.0, nil, true}}, `{"a":[1,null,true]}`)
	shape(t, jsontext.Value(nil), `null`)
	shape(t, jsontext.Value(`{"a":[1]}`), `{"a":[1]}`)
	shape(t, json.RawMessage(`[1,2]`), `[1,2]`)
	shape(t, json.Number("12"), `"12"`)
	shape(t, slog.LevelWarn, `"WARN"`)
	shape(t, netip.Addr{}, `""`)
	shape(t, netip.MustParseAddrPort("[::1]:80"), `"[::1]:80"`)
	shape(t, netip.MustParsePrefix("10.0.0.0/8"), `"10.0.0.0/8"`)
	shape(t, url.URL{}, `""`)
	shape(t, point(parseURL("https://u:p@example.com/a%2Fb?q#f")), `"https://u:p@example.com/a%2Fb?q#f"`)
	shape(t, []*url.URL{nil}, `[null]`)
	shape(t, big.Int{}, `"0"`)
	shape(t, (*big.Int)(nil), `null`)
	shape(t, new(big.Int).Lsh(big.NewInt(-1), 80), `"-1208925819614629174706176"`)
	shape(t, big.NewFloat(1.5), `"1.5"`)
	shape(t, big.NewRat(1, 3), `"1/3"`)
	shape(t, tree{"a", []tree{{"b", nil}}}, `{"name":"a","kids":[{"name":"b","kids":[]}]}`)
	shape(t, page[time.Duration]{[]time.Duration{1e6}, point(time.Second)}, `{"items":[1],"next":1000}`)
	shape(t, page[byte]{}, `{"items":""}`)
	shape(t, derived{&Base{7}, "x", map[string]string{"more": "y"}}, `{"id":7,"text":"x","more":"y"}`)
	shape(t, derived{}, `{"text":""}`)
	shape(t, struct{}{}, `{}`)
	shape(t, []struct{}{{}}, `[{}]`)
}

// shape tests one value. As an argument, a value is within a struct.
func shape[T any](t *testing.T, v T, want string) {
	t.Helper()
	got, err := Marshal(v)
	if err != nil || string(got) != want {
		t.Errorf("%T: got %s, %v; want %s", v, got, err, want)
		return
	}
	type args struct {
		V *T `json:"v"`
	}
	h, err := Typed(func(_ context.Context, a args) (struct{ V *T }, error) { return struct{ V *T }{a.V}, nil })
	if err != nil {
		t.Errorf("%T: refused: %v", v, err)
		return
	}
	r, err := h(t.Context(), &Message{Name: "cmd", Args: jsontext.Value(`{"v":` + want + `}`)})
	if err != nil || string(r.JSON) != `{"V":`+want+`}` {
		t.Errorf("%T: sent %s, got back %s, %v", v, want, r.JSON, err)
	}
	var back T
	if err := Unmarshal(got, &back); err != nil {
		t.Errorf("%T: %v", v, err)
	}
	if again, err := Marshal(back); err != nil || string(again) != want {
		t.Errorf("%T: came back as %s, %v; want %s", v, again, err, want)
	}
	// The zero value, whatever it is, can be answered too.
	var zero T
	if _, err := Marshal(zero); err != nil {
		t.Errorf("%T: its zero value: %v", v, err)
	}
}

// TestFromPages: other forms in which JavaScript has a value.
func TestFromPages(t *testing.T) {
	for _, test := range []struct {
		text string
		to   any // a pointer
		want any // what it points to, or the text in an error
	}{
		{`{"B":[1, 2,255]}`, new(struct{ B []byte }), struct{ B []byte }{[]byte{1, 2, 255}}},
		{`[]`, new(blob), blob{}},
		{`[ ]`, new(blob), blob{}},
		{`null`, new(blob), blob(nil)},
		{`[1,2,3,4]`, new(hash), hash{1, 2, 3, 4}},
		{`[1,2]`, new(hash), "2 bytes do not fit: want 4"},
		{`[256]`, new(blob), "256 does not fit: bytes are numbers from 0 to 255"},
		{`[1.5]`, new(blob), "bytes are numbers"},
		{`[-1]`, new(blob), "bytes are numbers"},
		{`["a"]`, new(blob), "bytes are numbers"},
		{`[[1]]`, new(blob), "bytes are numbers"},
		{`"?"`, new(blob), "illegal base64"},
		{`0.30000000000000004`, new(time.Duration), 300 * time.Microsecond},
		{`1e-7`, new(time.Duration), time.Duration(0)},
		{`1e3`, new(time.Duration), time.Second},
		{`16.666666666666668`, new(time.Duration), time.Duration(16666667)},
		{`1e400`, new(time.Duration), "more than a duration can be"},
		{`-1e999999999`, new(time.Duration), "more than a duration can be"},
		{`9223372036854.775808`, new(time.Duration), "more than a duration can be"},
		{`99999999999999999999`, new(time.Duration), "more than a duration can be"},
		{`"1s"`, new(time.Duration), "is no number of milliseconds"},
		{`{}`, new(time.Duration), "want a number of milliseconds"},
		{`null`, point(time.Second), time.Duration(0)},
		{`7`, new(big.Int), *big.NewInt(7)},
		{`"0x7"`, new(big.Int), "whole number"},
		{`1.5`, new(big.Int), "whole number"},
		{`1e9`, new(big.Int), "whole number"},
		{`"` + strings.Repeat("9", maxDigits+1) + `"`, new(big.Int), "whole number"},
		{`"http://[::1"`, new(url.URL), "missing ']'"},
		{`1`, new(url.URL), "want the text of a URL"},
		{`{"B":"","b":""}`, new(struct{ B []byte }), "unknown object member"},
	} {
		err := Unmarshal([]byte(test.text), test.to)
		if text, bad := test.want.(string); bad {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%.60s: got %v, want %s", test.text, err, text)
			}
			continue
		}
		if got := reflect.ValueOf(test.to).Elem().Interface(); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%.60s: got %#v, %v; want %#v", test.text, got, err, test.want)
		}
	}
}

// TestValues: what is wrong with a value alone.
func TestValues(t *testing.T) {
	got, err := Marshal(map[string]string{"name": "a\xffb"})
	if err != nil || string(got) != `{"name":"a�b"}` {
		t.Errorf("not UTF-8: got %s, %v", got, err)
	}
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		_, err := Marshal(struct{ Mean []float64 }{[]float64{1, f}})
		if err == nil || !strings.Contains(err.Error(), `no JSON form, at "/Mean/1"`) {
			t.Errorf("%v: got %v", f, err)
		}
	}
	if got, err := Marshal([]any{time.Second, point(parseURL("a:b")), error(nil)}); err != nil || string(got) != `[1000,"a:b",null]` {
		t.Errorf("in interfaces: got %s, %v", got, err)
	}
}

type locked struct {
	Mu sync.Mutex
	N  int
}

// TestRefused: what could never be answered is refused at registration, and
// told where it is.
func TestRefused(t *testing.T) {
	type loop struct {
		Next *loop
		Do   func()
	}
	refused := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := Typed(func(context.Context, struct{}) (chan int, error) { return nil, nil })
	refused(err, "result chan int: a chan int has no JSON form")
	_, err = Typed(func(context.Context, struct{}) (struct{ Err error }, error) { return struct{ Err error }{}, nil })
	refused(err, "field Err: an error has no JSON form; make it a string")
	_, err = Typed(func(context.Context, struct{}) (map[string][]loop, error) { return nil, nil })
	refused(err, "field Do: a func() has no JSON form")
	_, err = Typed(func(context.Context, struct{}) (*locked, error) { return nil, nil })
	refused(err, "field Mu: sync.Mutex has no JSON form: Go struct has no exported fields")
	_, err = Typed(func(context.Context, struct{}) (complex64, error) { return 0, nil })
	refused(err, "has no JSON form")
	_, err = Typed(func(context.Context, struct{}) (map[struct{ A int }]int, error) { return nil, nil })
	refused(err, "cannot be the key of an object")
	_, err = Typed(func(context.Context, struct{}) (struct {
		A string `json:",string"`
	}, error) {
		panic("called")
	})
	refused(err, "the option string of its json tag is for numbers")
	_, err = Typed(func(context.Context, struct{}) (struct {
		A int `json:"a,omitEmpty"`
	}, error) {
		panic("called")
	})
	refused(err, "invalid appearance of `omitEmpty` tag option")
	_, err = Typed(func(context.Context, struct{}) (struct {
		D time.Duration `json:"d,format:sec"`
	}, error) {
		panic("called")
	})
	refused(err, "unsupported `format` tag option")
	_, err = Typed(func(context.Context, struct{}) (holder, error) { return holder{}, nil })
	refused(err, "only comes from a page")
	_, err = Typed(func(_ context.Context, a struct {
		R io.Reader `json:"r"`
	}) (int, error) {
		return 0, nil
	})
	refused(err, "a page cannot say which type of Go is to be in a io.Reader")
	_, err = Typed(func(_ context.Context, a struct {
		F func() `json:"f"`
	}) (int, error) {
		return 0, nil
	})
	refused(err, "arguments struct")
	_, err = Typed(func(_ context.Context, a struct {
		L []struct{ *page[int] } `json:"l"`
	}) (int, error) {
		return 0, nil
	})
	refused(err, "an embedded pointer to a type that is not exported cannot be filled")
	type secret struct{ Private }
	if err := CheckType(reflect.TypeFor[[]secret]()); !errors.Is(err, ErrPrivate) {
		t.Errorf("got %v", err)
	}
	// What is left out, or in an interface that only goes out, is no matter.
	if _, err := Typed(func(context.Context, struct{}) (struct {
		F func() `json:"-"`
		R io.Reader
		n chan int
	}, error) {
		panic("called")
	}); err != nil {
		t.Error(err)
	}
}

// TestNilStream: no stream at all is no bytes.
func TestNilStream(t *testing.T) {
	r, err := run(t, &Message{}, func(context.Context, struct{}) (Stream, error) { return Stream{}, nil })
	if err != nil || r.Bytes == nil || r.Stream != nil {
		t.Errorf("got %+v, %v", r, err)
	}
}

func FuzzDuration(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(math.MinInt64))
	f.Add(int64(1500001))
	f.Fuzz(func(t *testing.T, n int64) {
		d := time.Duration(n)
		text := string(appendMilliseconds(nil, d))
		if got, err := parseMilliseconds(text); err != nil || got != d {
			t.Errorf("%d: wrote %s, read %d, %v", n, text, got, err)
		}
	})
}
