package ipc

import (
	"context"
	"database/sql"
	"encoding/gob"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

type person struct {
	Name string  `json:"name"`
	Age  int     `json:"age,omitzero"`
	Nick *string `json:"nick"`
}

type common struct {
	Folder string `json:"folder"`
}

type embedded struct {
	common
	File string `json:"file"`
}

func run[A, R any](t *testing.T, m *Message, f func(context.Context, A) (R, error)) (Result, error) {
	t.Helper()
	h, err := Typed(f)
	if err != nil {
		t.Fatal(err)
	}
	m.Name = "cmd"
	return h(t.Context(), m)
}

func TestTypedArguments(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{`{"name":"a"}`, `{"name":"a","nick":null}`},
		{`{"name":"a","age":3,"nick":"b"}`, `{"name":"a","age":3,"nick":"b"}`},
		{`{"name":"a","nick":null}`, `{"name":"a","nick":null}`},
		{``, "invalid args `name` for command `cmd`: command cmd missing required key name"},
		{`{}`, "invalid args `name` for command `cmd`: command cmd missing required key name"},
		{`{"name":null}`, "missing required key name"},
		{`{"Name":"a"}`, "missing required key name; it has no argument `Name`"},
		{`{"name":1}`, "invalid args `name` for command `cmd`: "},
		{`{"name":"a","age":"3"}`, "invalid args `age` for command `cmd`: "},
		{`{"name":"a","age":1e99}`, "invalid args `age` for command `cmd`: "},
		{`{"name":"a","more":1}`, "invalid args `more` for command `cmd`: there is no such argument"},
		{`{"name":"a","NAME":"b"}`, "invalid args `NAME` for command `cmd`: there is no such argument"},
		{`{"name":"a","name":"b"}`, "invalid args"},
		{`[1]`, "want an object"},
		{`"x"`, "want an object"},
	} {
		r, err := run(t, &Message{Args: jsontext.Value(test.args)}, func(_ context.Context, p person) (person, error) { return p, nil })
		got := string(r.JSON)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != test.want || err != nil && !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.args, got, test.want)
		}
	}
}

func TestTypedEmbedded(t *testing.T) {
	f := func(_ context.Context, e embedded) (string, error) { return e.Folder + "/" + e.File, nil }
	if r, err := run(t, &Message{Args: jsontext.Value(`{"folder":"a","file":"b"}`)}, f); err != nil || string(r.JSON) != `"a/b"` {
		t.Errorf("got %s, %v", r.JSON, err)
	}
	if _, err := run(t, &Message{Args: jsontext.Value(`{"file":"b"}`)}, f); err == nil || !strings.Contains(err.Error(), "missing required key folder") {
		t.Errorf("got %v", err)
	}
}

func TestTypedBytes(t *testing.T) {
	body := func() *Message { return &Message{Body: strings.NewReader("abc"), BodySize: 3} }
	r, err := run(t, body(), func(_ context.Context, b []byte) ([]byte, error) { return b, nil })
	if err != nil || string(r.Bytes) != "abc" {
		t.Errorf("got %+v, %v", r, err)
	}
	r, err = run(t, body(), func(_ context.Context, b Body) (Stream, error) {
		return Stream{io.NopCloser(b.Reader), b.Size}, nil
	})
	if err != nil || r.StreamSize != 3 {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err = run(t, &Message{Args: jsontext.Value(`{}`)}, func(_ context.Context, b []byte) (int, error) { return 0, nil }); err == nil {
		t.Error("JSON was taken for bytes")
	}
	if _, err = run(t, body(), func(_ context.Context, p person) (int, error) { return 0, nil }); err == nil || !strings.Contains(err.Error(), "bytes payload") {
		t.Errorf("got %v", err)
	}
	m := body()
	m.BodySize = MaxBytes + 1
	if _, err = run(t, m, func(_ context.Context, b []byte) (int, error) { return 0, nil }); err == nil {
		t.Error("too many bytes were announced and accepted")
	}
	if r, err = run(t, &Message{}, func(context.Context, struct{}) ([]byte, error) { return nil, nil }); err != nil || r.Bytes == nil {
		t.Errorf("no bytes are not an ArrayBuffer: %+v, %v", r, err)
	}
	if r, err = run(t, &Message{}, func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }); err != nil || r.JSON != nil {
		t.Errorf("nothing is not null: %+v, %v", r, err)
	}
}

// fakeChannel notes what was opened.
type fakeChannel struct{ id uint32 }

func (f *fakeChannel) Send(context.Context, jsontext.Value) error { return nil }
func (f *fakeChannel) SendBytes(context.Context, []byte) error    { return nil }
func (f *fakeChannel) Close() error                               { return nil }
func (f *fakeChannel) OpenChannel(id uint32) (Channel, error)     { return &fakeChannel{id}, nil }

type holder struct{ ch Channel }

func (h *holder) SetChannel(ch Channel) { h.ch = ch }

func TestTypedChannels(t *testing.T) {
	type args struct {
		One  holder            `json:"one"`
		Many map[string]holder `json:"many,omitzero"`
	}
	m := &Message{Args: jsontext.Value(`{"one":"__CHANNEL__:7","many":{"a":"__CHANNEL__:8"}}`), Channels: &fakeChannel{}}
	_, err := run(t, m, func(_ context.Context, a args) (int, error) {
		if a.One.ch.(*fakeChannel).id != 7 || a.Many["a"].ch.(*fakeChannel).id != 8 {
			t.Errorf("got %+v", a)
		}
		return 0, nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, bad := range []string{`7`, `"7"`, `"__CHANNEL__:"`, `"__CHANNEL__:-1"`, `"__CHANNEL__:99999999999"`, `"__CHANNEL__:1 "`} {
		m.Args = jsontext.Value(`{"one":` + bad + `}`)
		if _, err := run(t, m, func(_ context.Context, a args) (int, error) { return 0, nil }); err == nil || !strings.Contains(err.Error(), "`__CHANNEL__:ID` format") {
			t.Errorf("%s: got %v", bad, err)
		}
	}
}

type account struct {
	Name string  `json:"name"`
	Key  secret  `json:"key"`
	DB   *sql.DB `json:"-"`
}

type secret struct {
	Private
	Text string `json:"text"`
}

func TestPrivate(t *testing.T) {
	refused := func(err error) {
		t.Helper()
		if !errors.Is(err, ErrPrivate) {
			t.Errorf("got %v", err)
		}
	}
	_, err := Typed(func(context.Context, struct{}) (account, error) { return account{}, nil })
	refused(err)
	_, err = Typed(func(context.Context, struct{}) (map[string][]*secret, error) { return nil, nil })
	refused(err)
	// A value in an interface is found only when it is about to go.
	_, err = run(t, &Message{}, func(context.Context, struct{}) (any, error) { return []any{secret{Text: "x"}}, nil })
	refused(err)
	_, err = jsonv2.Marshal(account{})
	refused(err)
	_, err = json.Marshal(account{})
	refused(err)
	if err := gob.NewEncoder(io.Discard).Encode(secret{}); err == nil {
		t.Error("gob took it")
	}
}

func TestTypedRefuses(t *testing.T) {
	if _, err := Typed(func(context.Context, int) (int, error) { return 0, nil }); err == nil {
		t.Error("arguments that are no struct were accepted")
	}
	if _, err := Typed(func(context.Context, struct{ Name string }) (int, error) { return 0, nil }); err == nil || !strings.Contains(err.Error(), "json:\"name\"") {
		t.Errorf("got %v", err)
	}
}

func TestChain(t *testing.T) {
	var got []string
	in := func(name string) Interceptor {
		return func(ctx context.Context, m *Message, next Handler) (Result, error) {
			got = append(got, name)
			return next(ctx, m)
		}
	}
	h := Chain(func(context.Context, *Message) (Result, error) { got = append(got, "end"); return Result{}, nil }, in("a"), in("b"))
	if _, err := h(t.Context(), &Message{}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"a", "b", "end"}, got); d != "" {
		t.Error(d)
	}
}

func TestHeader(t *testing.T) {
	h := Header{{"Path", "a"}, {"options", "undefined"}, {"path", "b"}}
	if v, ok := h.Get("PATH"); v != "a" || !ok {
		t.Errorf("got %q, %v", v, ok)
	}
	if _, ok := h.Get("options"); ok {
		t.Error("undefined is a value")
	}
	if _, ok := h.Get("none"); ok {
		t.Error("a missing field was found")
	}
}
