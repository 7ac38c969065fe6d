package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/backend/fake"
	"github.com/mullion-dev/mullion/internal/wire"
)

// FuzzMessage sends messages of the bridge, as a web process that has been
// taken over would. Each is answered once, and what reaches the Core is about
// the document that the host has attested, with numbers that grow.
func FuzzMessage(f *testing.F) {
	doc := strings.Repeat("0f", 16)
	for _, s := range []string{
		"", "h", "h " + doc, "h " + doc + " app://localhost", "h " + doc + " https://evil.example", "c " + doc + " 1 - [\"a\",{}]", "c " + doc + " 1 5 [\"a\",null]",
		"c " + doc + " 01 - []", "c " + doc + " 9007199254740991 - []", "c " + doc + " 99999999999999999 - []", "c " + doc + " -1 - []", "c " + doc + " 2 -1 []", "a " + doc + " 1",
		"k " + doc + " 1 5", "k " + doc + " 0 5", "v " + doc + " text\nline", "c x 1 - []", "x " + doc, "c " + doc + "  1 - []", "h " + strings.Repeat("\xff", 32) + " app://localhost",
	} {
		f.Add(s, "c "+doc+" 3 - [\"b\",{}]")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		core, end := wire.Pipe()
		engine := fake.New()
		ran := make(chan error, 1)
		go func() { ran <- Run(end, engine) }()
		core.SendJSON(wire.KindHello, 0, 0, wire.Hello{Version: wire.Version, Proxy: "socks5://127.0.0.1:1", Schemes: []string{"app"}})
		core.SendJSON(wire.KindWindow, 1, 0, wire.WindowState{Label: "w"})
		core.SendJSON(wire.KindWebview, 2, 0, wire.WebviewState{Label: "w", Window: 1, URL: "app://localhost/", Origins: []string{"app://localhost/*"}})
		said := make(chan error, 1)
		go func() {
			said <- func() error {
				v, err := engine.WaitWebview(ctx, 2)
				if err != nil {
					return err
				}
				// Sent, and not waited for: what becomes a call stays open.
				gone, leave := context.WithCancel(ctx)
				leave()
				for _, text := range []string{"h " + doc + " app://localhost", first, second, "c " + doc + " 9000000000000000 - [\"last\",{}]"} {
					_, _ = v.Message(gone, text)
				}
				// Whatever they were, a document that says hello is served.
				if _, err := v.Message(ctx, "h "+strings.Repeat("a1", 16)+" app://localhost"); err != nil {
					return err
				}
				answer, err := v.Message(ctx, "c "+strings.Repeat("a1", 16)+" 1 - [\"end\",{}]")
				if err == nil && answer != "onull" {
					err = fmt.Errorf("answered %q", answer)
				}
				return err
			}()
		}()
		if err := checkFrames(core); err != nil {
			t.Error(err)
		}
		select {
		case err := <-said:
			if err != nil {
				t.Error(err)
			}
		case <-ctx.Done():
			t.Error("no answer")
		}
		core.Send(wire.Frame{Kind: wire.KindQuit})
		core.Close()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		for _, m := range engine.Misuse() {
			t.Error(m)
		}
	})
}

// checkFrames is a Core that allows what is asked and answers the call "end".
func checkFrames(core *wire.Conn) error {
	shown, last := "", uint64(0)
	for {
		f, err := core.Receive()
		if err != nil {
			return err
		}
		switch f.Kind {
		case wire.KindDecide:
			core.SendJSON(wire.KindVerdict, f.Target, f.ID, wire.Verdict{Allow: true})
		case wire.KindRequest:
			core.Send(wire.Frame{Kind: wire.KindResponse, ID: f.ID, Payload: wire.JoinResponse([]byte(`{"status":200,"length":0}`), nil)})
		case wire.KindPage:
			var e wire.PageEvent
			if err := wire.Decode(f, &e); err != nil {
				return err
			}
			if e.Kind == wire.PageDocument {
				if e.Origin != "app://localhost" || e.URL != "app://localhost/" || len(e.Doc) < 32 {
					return fmt.Errorf("document %+v", e)
				}
				if e.Doc != shown {
					shown, last = e.Doc, 0
				}
			}
		case wire.KindCall:
			if shown == "" || f.Target != 2 || f.ID <= last || len(f.Payload) < 8 {
				return fmt.Errorf("call %d after %d of document %q: %q", f.ID, last, shown, f.Payload)
			}
			last = f.ID
			if strings.HasSuffix(string(f.Payload), `["end",{}]`) && shown == strings.Repeat("a1", 16) {
				core.Send(wire.Frame{Kind: wire.KindReply, Target: 2, ID: f.ID, Payload: []byte("onull")})
				return nil
			}
		case wire.KindCancel:
			if f.ID > last {
				return fmt.Errorf("cancel of call %d after %d", f.ID, last)
			}
		case wire.KindCredit, wire.KindReady, wire.KindLog, wire.KindObserved:
		default:
			return errors.New("unexpected frame " + f.Kind.String())
		}
	}
}
