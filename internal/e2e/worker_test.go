package e2e_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
)

type slowArgs struct {
	Text string `json:"text"`
	How  string `json:"how,omitzero"`
}

// slowly answers at once, not at all, with an error, or with what is in a file.
var slowly = mullion.NewWorker("slowly", func(ctx context.Context, a slowArgs) (string, error) {
	switch a.How {
	case "wait":
		if err := mullion.SendProgress(ctx, "begun"); err != nil {
			return "", err
		}
		<-ctx.Done()
		return "", ctx.Err()
	case "value":
		return "", mullion.ErrorValue(map[string]any{"page": 7}, errors.New("no such page"))
	case "read":
		b, err := os.ReadFile(a.Text)
		return string(b), err
	case "panic":
		panic("on purpose")
	}
	return "worker: " + a.Text, nil
}, mullion.WorkerOptions{})

// TestWorkerForPage lets a page call a command that calls a worker.
func TestWorkerForPage(t *testing.T) {
	begun, ended := make(chan struct{}, 1), make(chan error, 1)
	app := e2e.Start(t, e2e.Options{
		Permissions: []any{"allow-slowly"},
		Setup: func(a *mullion.App) {
			mullion.Handle(a, "slowly", func(ctx context.Context, args slowArgs) (string, error) {
				if args.How != "wait" {
					return slowly.Call(ctx, a, args)
				}
				_, err := slowly.CallWithProgress(ctx, a, args, func(mullion.Progress) { begun <- struct{}{} })
				ended <- err
				return "", err
			})
		},
	})
	var got string
	app.Main().Must(`return await invoke('slowly', {text: 'a'})`, &got)
	if got != "worker: a" {
		t.Errorf("got %q", got)
	}
	var page int
	app.Main().Must(`try { await invoke('slowly', {text: '', how: 'value'}) } catch (e) { return e.page }`, &page)
	if page != 7 {
		t.Errorf("the error's value: got %d", page)
	}
	app.Main().Must(`try { await invoke('slowly', {text: '', how: 'panic'}) } catch (e) { return e }`, &got)
	if got != `internal error in worker "slowly"` {
		t.Errorf("panic: got %q", got)
	}
	pid := app.Processes()["worker:slowly"]

	// The page is left in the middle of a call.
	app.Main().Must(`invoke('slowly', {text: '', how: 'wait'}).catch(() => {})`, nil)
	<-begun
	app.Main().Reload()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the page was left: %v", err)
	}
	app.Main().Must(`return await invoke('slowly', {text: 'b'})`, &got)
	if got != "worker: b" || pid == 0 || app.Processes()["worker:slowly"] != pid {
		t.Errorf("got %q, process %d, then %v", got, pid, app.Processes())
	}
}
