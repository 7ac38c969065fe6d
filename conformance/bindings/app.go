package bindings

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
	"github.com/mullion-dev/mullion/plugin"
)

// ask is what a page says to the command of a kind: a value to check and to give
// back, or whether it wants the zero value.
type ask[T any] struct {
	// Value must be the sample or the zero value.
	Value *T   `json:"value"`
	Zero  bool `json:"zero,omitzero"`
}

// kind registers a command that answers with a sample of a type.
func kind[T any](a *mullion.App, name string, sample T) {
	mullion.Handle(a, name, func(_ context.Context, in ask[T]) (T, error) {
		var zero T
		switch {
		case in.Zero:
			return zero, nil
		case in.Value == nil:
			return sample, nil
		}
		got, err := ipc.Marshal(*in.Value)
		if err != nil {
			return zero, err
		}
		for _, v := range []T{sample, zero} {
			if want, err := ipc.Marshal(v); err == nil && canonical(want) == canonical(got) {
				return *in.Value, nil
			}
		}
		return zero, fmt.Errorf("a %T came as %s", sample, got)
	})
}

func canonical(v jsontext.Value) string {
	v = v.Clone()
	if err := v.Canonicalize(); err != nil {
		return err.Error()
	}
	return string(v)
}

// kinds has a command for each kind of type.
func kinds(a *mullion.App) {
	kind(a, "boolean", true)
	kind(a, "text", "\x00\u2028<ж>\U0001F600")
	kind(a, "integer", math.MinInt32)
	kind(a, "small", uint8(255))
	kind(a, "number", 5e-324)
	kind(a, "duration", 90*time.Second+time.Nanosecond)
	kind(a, "moment", time.Date(2026, 2, 28, 23, 59, 59, 999_999_999, time.FixedZone("", 3600)))
	kind(a, "color", Blue)
	kind(a, "level", High)
	kind(a, "access", Read|Execute)
	kind(a, "id", ID(1<<53-1))
	kind(a, "blob", struct{ Blob Blob }{Blob{1, 2}})
	kind(a, "digest", Digest{1, 2, 3, 4})
	kind(a, "letters", []rune("ab"))
	kind(a, "texts", []string{"", "x"})
	kind(a, "grid", [][]int{{1}, {}})
	kind(a, "pairs", [2][2]string{{"a"}})
	kind(a, "byte_map", map[string][]byte{"a": {1}, "": {}})
	kind(a, "nullable", []*time.Duration{nil, pointer(time.Second)})
	kind(a, "anything", any(map[string]any{"a": nil}))
	kind(a, "thing", sample())
	kind(a, "page_of_things", Page[Thing]{Items: []Thing{{}}, Next: &Thing{}})
	kind(a, "page_of_texts", Page[*string]{Items: []*string{nil}})
	kind(a, "page_of_bytes", Page[byte]{Items: []byte{1}})
	kind(a, "table", Table[Level, []byte]{Rows: map[Level][]byte{High: {1}}})
	kind(a, "tree", Tree{"a": {"b": nil}})
	kind(a, "list", List{{}, {{}}})
	kind(a, "empty", []struct{}{{}})
	kind(a, "wire", Wire{
		URL: url.URL{Scheme: "https", Host: "example.com", Path: "/a b"}, Big: new(big.Int).Lsh(big.NewInt(1), 100), Addr: netip.MustParseAddr("10.0.0.1"),
		Raw: jsontext.Value(`{"a":[1]}`), Old: []byte(`"old"`), Month: time.May, Custom: Custom{1, 2}, Upper: Upper{"UP"}, Either: "a",
	})
}

// Problem is why a command was refused.
type Problem struct {
	Code  int    `json:"code"`
	Field string `json:"field"`
}

// App is what commands work with.
type App struct {
	app    *mullion.App
	shared *mullion.State[Shared]
}

// Shared is a state that has bytes.
type Shared struct {
	Data []byte        `json:"data"`
	Wait time.Duration `json:"wait"`
	List []Color       `json:"list"`
}

// Told is the payload of an event.
type Told struct {
	Data []byte   `json:"data"`
	From []string `json:"from"`
}

const toldEvent = "bindings://told"

type none = struct{}

// Register registers everything.
func Register(app *mullion.App) {
	a := &App{app: app}
	a.shared = mullion.NewState(app, "shared", Shared{Data: []byte{1}, Wait: time.Minute}, mullion.StateOptions[Shared]{})
	mullion.NewState(app, "count", 3, mullion.StateOptions[int]{})
	kinds(app)
	odd(app)

	mullion.Handle(app, "delete", a.delete)
	mullion.Handle(app, "wait", a.wait)
	mullion.Handle(app, "raise", a.raise)
	mullion.Handle(app, "upload", a.upload)
	mullion.Handle(app, "upload_all", a.uploadAll)
	mullion.Handle(app, "download", a.download)
	mullion.Handle(app, "nothing", func(context.Context, none) ([]byte, error) { return nil, nil })
	mullion.Handle(app, "count_up", a.countUp)
	mullion.Handle(app, "options", a.options)
	// Raw is answered as it is asked.
	app.HandleRaw("raw", func(_ context.Context, m *ipc.Message) (ipc.Result, error) { return ipc.Result{JSON: m.Args}, nil })
	app.HandleRaw("handed", must(ipc.Typed(a.options)))
	app.AddPlugin(plugin.Plugin{Name: "bind-kit", Commands: plugin.Commands{
		"read_all": plugin.Typed(a.download),
		"look":     plugin.Raw(func(context.Context, *ipc.Message) (ipc.Result, error) { return ipc.Result{}, nil }),
	}})
	app.On("bindings://asked", func(ctx context.Context, e mullion.Event) {
		var asked Told
		if err := e.Decode(&asked); err != nil {
			asked.From = []string{err.Error()}
		}
		_ = a.tell(ctx, toldEvent, Told{Data: asked.Data, From: append(asked.From, "core")})
	})
}

// tell hands its payload on.
func (a *App) tell(ctx context.Context, event string, payload any) error {
	return a.app.Emit(ctx, event, payload)
}

func must(h ipc.Handler, err error) ipc.Handler {
	if err != nil {
		panic(err)
	}
	return h
}

// delete has the name of a word of JavaScript, and no arguments.
//
// It answers nothing.
func (a *App) delete(context.Context, none) (none, error) { return none{}, nil }

// wait waits until the call is given up.
func (a *App) wait(ctx context.Context, _ none) (none, error) {
	if err := a.app.Emit(ctx, "bindings://waiting", nil); err != nil {
		return none{}, err
	}
	<-ctx.Done()
	return none{}, a.app.Emit(context.WithoutCancel(ctx), "bindings://given-up", nil)
}

type raiseArgs struct {
	How string `json:"how"`
}

func (a *App) raise(_ context.Context, args raiseArgs) (none, error) {
	switch args.How {
	case "problem":
		return none{}, a.problem()
	case "panic":
		panic("asked to")
	}
	return none{}, errors.New(args.How)
}

func (a *App) problem() error {
	return mullion.ErrorValue(Problem{42, "how"}, errors.New("a problem"))
}

func (a *App) upload(_ context.Context, b []byte) (int, error) { return len(b), nil }

// uploadAll reads its bytes as they come.
func (a *App) uploadAll(_ context.Context, b ipc.Body) (int64, error) {
	return io.Copy(io.Discard, b)
}

// download answers with bytes.
func (a *App) download(context.Context, none) (ipc.Stream, error) {
	return ipc.Stream{ReadCloser: io.NopCloser(bytes.NewReader([]byte{1, 2, 3})), Size: -1}, nil
}

type countArgs struct {
	To       int                      `json:"to"`
	OnNumber mullion.Channel[int]     `json:"onNumber"`
	OnData   *mullion.Channel[[]byte] `json:"onData"`
	OnTold   mullion.Channel[Told]    `json:"onTold,omitzero"`
}

// countUp sends numbers, and bytes if they are wanted.
func (a *App) countUp(ctx context.Context, args countArgs) (none, error) {
	for i := range args.To {
		if err := args.OnNumber.Send(ctx, i); err != nil {
			return none{}, err
		}
		if args.OnData != nil {
			if err := args.OnData.Send(ctx, []byte{byte(i)}); err != nil {
				return none{}, err
			}
		}
	}
	err := args.OnTold.Send(ctx, Told{Data: []byte{5}})
	if err != nil && !errors.Is(err, ipc.ErrChannelClosed) {
		return none{}, err
	}
	return none{}, nil
}

// Options are arguments that may all be left out, and a value as well.
type Options struct {
	Name *string `json:"name"`
	Size int     `json:"size,omitzero"`
}

func (a *App) options(_ context.Context, o Options) (Options, error) {
	if o.Name != nil {
		o.Name = pointer(strings.ToUpper(*o.Name))
	}
	return o, nil
}
