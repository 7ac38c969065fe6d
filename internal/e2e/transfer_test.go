package e2e_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/ipc"
)

// transferJS makes bytes as pattern does, and sums them up as sum does.
const transferJS = `
export function pattern(size, seed) {
	const words = new Uint32Array(Math.ceil(size / 4));
	let x = seed || 1;
	for (let i = 0; i < words.length; i++) {
		x ^= x << 13; x ^= x >>> 17; x ^= x << 5;
		words[i] = x;
	}
	return new Uint8Array(words.buffer, 0, size);
}
export async function sum(bytes) {
	if (!(bytes instanceof ArrayBuffer) && !ArrayBuffer.isView(bytes)) throw new Error('no bytes: ' + bytes);
	const hash = await crypto.subtle.digest('SHA-256', bytes);
	return Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, '0')).join('');
}
// Calls a command over and over until work has ended, and tells how often.
export async function meanwhile(invoke, work) {
	let count = 0, busy = true;
	const calls = (async () => {
		for (; busy; count++) {
			const text = 'call ' + count;
			if (await invoke('echo', {text}) !== text) throw new Error('wrong answer');
		}
	})();
	try {
		return [await work, count];
	} finally {
		busy = false;
		await calls;
	}
}
`

func pattern(size, seed int) []byte {
	b := make([]byte, (size+3)/4*4)
	x := uint32(max(seed, 1))
	for i := 0; i < len(b); i += 4 {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		binary.LittleEndian.PutUint32(b[i:], x)
	}
	return b[:size]
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

type sizeArgs struct {
	Size int `json:"size"`
	Seed int `json:"seed,omitzero"`
}

// received is what a command has seen of raw bytes.
type received struct {
	Size int64  `json:"size"`
	Sum  string `json:"sum"`
}

func receive(_ context.Context, b ipc.Body) (received, error) {
	h := sha256.New()
	n, err := io.Copy(h, b)
	if err == nil && n != b.Size {
		err = fmt.Errorf("%d bytes of %d", n, b.Size)
	}
	return received{n, hex.EncodeToString(h.Sum(nil))}, err
}

// slow is a reader that tells nothing of its size and reads in odd pieces.
type slow struct{ io.Reader }

func (s slow) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), 100_003)]) }
func (s slow) Close() error               { return nil }

// startTransfer starts an app with commands that send and take bytes.
func startTransfer(t *testing.T) *e2e.App {
	return e2e.Start(t, e2e.Options{
		Files: map[string]string{"transfer.js": transferJS},
		Permissions: []any{
			"allow-echo", "allow-receive", "allow-receive-all", "allow-ignore", "allow-bytes", "allow-stream",
			"allow-text", "allow-pieces",
		},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "echo", e2e.Echo)
			mullion.Handle(a, "receive", receive)
			mullion.Handle(a, "receive_all", func(_ context.Context, b []byte) (received, error) {
				return received{int64(len(b)), sum(b)}, nil
			})
			mullion.Handle(a, "ignore", func(context.Context, ipc.Body) (string, error) { return "ignored", nil })
			mullion.Handle(a, "bytes", func(_ context.Context, a sizeArgs) ([]byte, error) { return pattern(a.Size, a.Seed), nil })
			mullion.Handle(a, "stream", func(_ context.Context, a sizeArgs) (ipc.Stream, error) {
				return ipc.Stream{ReadCloser: slow{bytes.NewReader(pattern(a.Size, a.Seed))}, Size: -1}, nil
			})
			mullion.Handle(a, "text", func(_ context.Context, a sizeArgs) (string, error) {
				return strings.Repeat("жи", a.Size/4), nil
			})
			mullion.Handle(a, "pieces", sendPieces)
		},
	})
}

const transferStart = `
	const { pattern, sum, meanwhile } = await import('/transfer.js');
	const wrong = (what, got, want) => { throw new Error(what + ': got ' + JSON.stringify(got) + ', want ' + want); };
`

func TestTransfer(t *testing.T) {
	app := startTransfer(t)
	const size = 16 << 20
	const atLeast = 3 // small calls that must have been answered meanwhile
	want := sum(pattern(size, 7))
	for _, test := range []struct{ name, body string }{
		{"from the page", `
			const bytes = pattern(%[1]d, 7);
			const [got, calls] = await meanwhile(invoke, invoke('receive', bytes));
			if (got.size !== %[1]d || got.sum !== %[2]q) wrong('receive', got, %[2]q);
			return calls;`},
		{"to the page", `
			const [got, calls] = await meanwhile(invoke, invoke('bytes', {size: %[1]d, seed: 7}));
			if (got.byteLength !== %[1]d || await sum(got) !== %[2]q) wrong('bytes', got.byteLength, %[1]d);
			return calls;`},
		{"to the page as a stream", `
			const [got, calls] = await meanwhile(invoke, invoke('stream', {size: %[1]d, seed: 7}));
			if (got.byteLength !== %[1]d || await sum(got) !== %[2]q) wrong('stream', got.byteLength, %[1]d);
			return calls;`},
		{"by channel", `
			const parts = [];
			const ch = new Channel((part) => parts.push(part));
			const [, calls] = await meanwhile(invoke, invoke('pieces', {ch, sizes: Array(16).fill(1 << 20), seed: 7}));
			while (parts.length < 16) await new Promise((resolve) => { ch.onmessage = (part) => resolve(parts.push(part)); });
			const got = new Uint8Array(%[1]d);
			parts.forEach((part, i) => got.set(new Uint8Array(part), i << 20));
			if (await sum(got) !== %[2]q) wrong('pieces', parts.length, %[2]q);
			return calls;`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var calls int
			app.Main().Must(transferStart+fmt.Sprintf(test.body, size, want), &calls)
			if calls < atLeast {
				t.Errorf("%d small calls were answered meanwhile, want at least %d", calls, atLeast)
			}
		})
	}
}

func TestTransferSizes(t *testing.T) {
	app := startTransfer(t)
	for _, size := range []int{0, 1, 3, 32 << 10, 32<<10 + 1, 256 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5 << 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			app.Main().Must(transferStart+fmt.Sprintf(`
				const want = %[2]q;
				for (const cmd of ['receive', 'receive_all']) {
					const got = await invoke(cmd, pattern(%[1]d, 3));
					if (got.size !== %[1]d || got.sum !== want) wrong(cmd, got, want);
				}
				for (const cmd of ['bytes', 'stream']) {
					const got = await invoke(cmd, {size: %[1]d, seed: 3});
					if (!(got instanceof ArrayBuffer) || got.byteLength !== %[1]d || await sum(got) !== want) wrong(cmd, got.byteLength, want);
				}`, size, sum(pattern(size, 3))), nil)
		})
	}
}

// TestLongJSON has results around and above what travels in one frame.
func TestLongJSON(t *testing.T) {
	app := startTransfer(t)
	for _, size := range []int{4<<20 - 8, 4 << 20, 20 << 20} {
		app.Main().Must(fmt.Sprintf(`
			const text = await invoke('text', {size: %[1]d});
			if (text !== 'жи'.repeat(%[1]d / 4)) throw new Error('got ' + text.length + ' characters');`, size), nil)
	}
}

func TestBodyNotRead(t *testing.T) {
	app := startTransfer(t)
	app.Main().Must(transferStart+`
		const bytes = pattern(8 << 20);
		for (let i = 0; i < 20; i++) {
			const got = await invoke('ignore', bytes);
			if (got !== 'ignored') wrong('ignore', got, 'ignored');
		}
		const got = await invoke('receive', bytes);
		if (got.size !== bytes.length) wrong('receive', got, bytes.length);`, nil)
}

func TestManyStreams(t *testing.T) {
	app := startTransfer(t)
	const n, size = 200, 300 << 10
	var got []string
	app.Main().Must(transferStart+fmt.Sprintf(`
		const calls = [];
		for (let i = 0; i < %d; i++) calls.push(invoke('stream', {size: %d, seed: i + 1}).then(sum));
		return await Promise.all(calls);`, n, size), &got)
	for i := range got {
		if want := sum(pattern(size, i+1)); got[i] != want {
			t.Errorf("stream %d: got %s, want %s", i, got[i], want)
		}
	}
	if len(got) != n {
		t.Errorf("got %d streams, want %d", len(got), n)
	}
}

type piecesArgs struct {
	Ch    mullion.Channel[[]byte] `json:"ch"`
	Sizes []int                   `json:"sizes"`
	Seed  int                     `json:"seed"`
}

// sendPieces sends a pattern cut into pieces of the given sizes.
func sendPieces(ctx context.Context, a piecesArgs) (struct{}, error) {
	total := 0
	for _, n := range a.Sizes {
		total += n
	}
	b := pattern(total, a.Seed)
	for _, n := range a.Sizes {
		if err := a.Ch.Send(ctx, b[:n]); err != nil {
			return struct{}{}, err
		}
		b = b[n:]
	}
	return struct{}{}, a.Ch.Close()
}

// TestMixedPieces has pieces that travel as text between those that are
// fetched.
func TestMixedPieces(t *testing.T) {
	app := startTransfer(t)
	sizes, total := make([]int, 300), 0
	for i := range sizes {
		sizes[i] = []int{0, 10, 40_000, 1000, 200_000, 32 << 10}[i%6]
		total += sizes[i]
	}
	app.Main().Must(transferStart+fmt.Sprintf(`
		const sizes = %s, parts = [];
		await new Promise((resolve, reject) => {
			const ch = new Channel((part) => parts.push(part) === sizes.length && resolve());
			invoke('pieces', {ch, sizes, seed: 5}).catch(reject);
		});
		const all = new Uint8Array(%d);
		let at = 0;
		parts.forEach((part, i) => {
			if (part.byteLength !== sizes[i]) wrong('size of part ' + i, part.byteLength, sizes[i]);
			all.set(new Uint8Array(part), at);
			at += part.byteLength;
		});
		if (await sum(all) !== %q) wrong('parts', at, all.length);`, strings.Join(strings.Fields(fmt.Sprint(sizes)), ","), total, sum(pattern(total, 5))), nil)
}

// endless yields bytes until its call is given up.
type endless struct {
	ctx    context.Context
	closed chan<- error
	// read is called with the length of each Read.
	read func(n int)
}

func (e endless) Read(p []byte) (int, error) {
	e.read(len(p))
	return len(p), e.ctx.Err()
}

func (e endless) Close() error { e.closed <- context.Cause(e.ctx); return nil }

// TestAbortTransfer gives up calls whose bytes are on their way.
func TestAbortTransfer(t *testing.T) {
	started, ended, closed, reading := make(chan struct{}, 1), make(chan error, 1), make(chan error, 1), make(chan struct{})
	app := e2e.Start(t, e2e.Options{Permissions: []any{"allow-take", "allow-endless", "allow-echo"}, Setup: func(a *mullion.App) {
		mullion.Handle(a, "echo", e2e.Echo)
		mullion.Handle(a, "take", func(ctx context.Context, b ipc.Body) (struct{}, error) {
			// Reads the beginning, then waits.
			_, err := io.ReadFull(b, make([]byte, 2<<20))
			started <- struct{}{}
			<-ctx.Done()
			_, err2 := io.Copy(io.Discard, b)
			ended <- errors.Join(err, err2)
			return struct{}{}, ctx.Err()
		})
		mullion.Handle(a, "endless", func(context.Context, struct{}) (ipc.Stream, error) {
			// Far enough for the Core to wait for the page, whose credit comes
			// late: it is busy asking for what there is to read.
			total, ahead := 0, sync.OnceFunc(func() { close(reading) })
			return ipc.Stream{ReadCloser: endless{context.Background(), closed, func(n int) {
				if total += n; total > 8<<20 {
					ahead()
				}
			}}, Size: -1}, nil
		})
	}})
	go func() { <-started; app.SetFile("started", "yes") }()
	go func() { <-reading; app.SetFile("reading", "yes") }()
	app.Main().Must(`
		const stop = new AbortController();
		const call = invoke('take', new Uint8Array(16 << 20), {signal: stop.signal});
		while ((await fetch('/started')).status !== 200) {}
		stop.abort('enough');
		const reason = await call.catch((e) => e);
		if (reason !== 'enough') throw new Error('rejected with ' + reason);`, nil)
	if err := e2e.Take(t, ended); !errors.Is(err, context.Canceled) {
		t.Errorf("the body of a call that was given up ended with %v", err)
	}
	app.Main().Must(`
		const stop = new AbortController();
		const call = invoke('endless', {}, {signal: stop.signal});
		// A stream that nobody has asked for yet would wait for a minute.
		while ((await fetch('/reading')).status !== 200) {}
		stop.abort('enough');
		const reason = await call.catch((e) => e);
		if (reason !== 'enough') throw new Error('rejected with ' + reason);`, nil)
	e2e.Take(t, closed)
}
