package core_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/await"
	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/ipc"
)

// upload is a call with bytes, whose command does what the test has it do.
type upload struct {
	body io.Reader
	ctx  context.Context
	end  chan struct{} // closed to have the command return
}

// uploader is a page whose calls have bytes.
func uploader(t *testing.T) (*pair, *page, <-chan upload) {
	started := make(chan upload, 10)
	p := newPair(t, everything, core.Options{}, func(c *core.Core) {
		c.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if m.Body == nil {
				return next(ctx, m)
			}
			u := upload{m.Body, ctx, make(chan struct{})}
			started <- u
			<-u.end
			return ipc.Result{}, nil
		})
	})
	return p, p.open("main", "app://localhost/"), started
}

// upload begins a call with these bytes and returns its number.
func (g *page) upload(data string) int {
	g.last++
	id := g.last
	g.view.Send(fmt.Sprintf(`c %s %d %d ["take",null]`, g.doc, id, len(data)))
	g.rest(id, data)
	return id
}

// rest sends the bytes of a call by the host, in pieces as the bridge sends them.
func (g *page) rest(id int, data string) {
	view, header := g.view, g.bridgeHeader()
	go func() {
		ctx, cancel := await.Context(context.Background(), limit)
		defer cancel()
		const piece = 512 << 10
		for from := 0; from < len(data); from += piece {
			to := min(from+piece, len(data))
			r, err := view.Fetch(ctx, fake.Request{
				Method: "POST", URL: fmt.Sprintf("mullion://localhost/body/%d?%d-%d", id, from, to), Header: header, Body: []byte(data[from:to]),
			})
			if err != nil || r.Err != nil || r.Status != 204 {
				return
			}
		}
	}()
}

// bytesOf are some that are not alike.
func bytesOf(n int, seed byte) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7+i>>8) + seed
	}
	return string(b)
}

// TestBodies has commands read the bytes of their calls: more calls at once than
// there is shared memory, and then again, when others have used it.
func TestBodies(t *testing.T) {
	_, g, started := uploader(t)
	for round := range byte(2) {
		want := map[string]bool{}
		for i := range byte(5) {
			data := bytesOf(2<<20+50_000+int(i), 10*round+i)
			want[data] = true
			g.upload(data)
		}
		for range 5 {
			u := wait(t, started)
			got, err := io.ReadAll(u.body)
			if err != nil || !want[string(got)] {
				t.Errorf("%d bytes, %v: not those that were sent", len(got), err)
			}
			delete(want, string(got))
			close(u.end)
		}
	}
}

// TestBodyEnds has calls end while their bytes are on their way. The command
// gets an error and never an end, and what others send later is their own.
func TestBodyEnds(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(p *pair, g *page, id int)
		want error
	}{
		{"given up", func(_ *pair, g *page, id int) { g.say(fmt.Sprintf("a %s %d", g.doc, id)) }, context.Canceled},
		{"page left", func(_ *pair, g *page, _ int) { g.hello(core.AppOrigin) }, nil},
		{"host killed", func(p *pair, _ *page, _ int) {
			old := p.engine("app")
			old.Quit()
			p.replaced(old)
		}, core.ErrHostLost},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, g, started := uploader(t)
			id := g.upload(bytesOf(4<<20, 1))
			u := wait(t, started)
			if _, err := io.ReadFull(u.body, make([]byte, 1<<20)); err != nil {
				t.Fatal(err)
			}
			test.end(p, g, id)
			<-u.ctx.Done()
			_, err := io.Copy(io.Discard, u.body)
			if err == nil || test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("the rest ended with %v, want %v", err, test.want)
			}
			close(u.end)
			if test.name == "host killed" {
				g.find()
			}
			want := bytesOf(3<<20, 2)
			g.upload(want)
			u = wait(t, started)
			got, err := io.ReadAll(u.body)
			if err != nil || string(got) != want {
				t.Errorf("the next call: %d bytes, %v; they differ: %t", len(got), err, !strings.HasPrefix(want, string(got)))
			}
			close(u.end)
		})
	}
}
