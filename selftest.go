package mullion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/selftest"
	"github.com/mullion-dev/mullion/ipc"
)

// asSelfTest is run, or what tries the system in its place: see [Main].
func asSelfTest(run func(context.Context) error) func(context.Context) error {
	if len(os.Args) == 2 && os.Args[1] == selftest.Argument {
		return func(ctx context.Context) error { return selfTest(ctx, os.Stdout) }
	}
	return run
}

// selfTest runs an app of its own, in a folder that goes with it, and prints what has worked.
func selfTest(ctx context.Context, out io.Writer) error {
	dir, err := os.MkdirTemp("", "mullion-selftest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	files, err := selftest.Files()
	if err != nil {
		return err
	}
	app, err := New(Options{Files: files, DataDir: dir, StayOpen: true})
	if err != nil {
		return err
	}
	t := &tester{app: app}
	Handle(app, "next", t.next)
	Handle(app, "echo", func(_ context.Context, in ipc.Body) ([]byte, error) { return io.ReadAll(in) })
	Handle(app, "announce", func(ctx context.Context, a struct {
		Text string `json:"text"`
	}) (struct{}, error) {
		return struct{}{}, app.Emit(ctx, "selftest", a.Text)
	})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed, tried := 0, make(chan struct{})
	go func() {
		defer close(tried)
		failed = selftest.Run(ctx, out, t.steps())
		app.Quit()
	}()
	err = app.Run(ctx)
	cancel() // an app that did not start has no page to wait for
	<-tried
	if err == nil && failed > 0 {
		err = &core.ExitError{Code: 1}
	}
	return err
}

// tester is the app of the self-test.
type tester struct {
	app   *App
	pages selftest.Pages
}

func (t *tester) next(ctx context.Context, a struct {
	Last *selftest.Result `json:"last"`
}) (string, error) {
	caller, _ := CallerFrom(ctx)
	return t.pages.Next(ctx, caller.Window, a.Last)
}

const testMain, testSecond = "main", "second"

// steps are in an order in which what is needed for others comes first.
func (t *tester) steps() []selftest.Step {
	page := func(task string) func(context.Context) (string, error) {
		return func(ctx context.Context) (string, error) { return t.pages.Do(ctx, testMain, task) }
	}
	return []selftest.Step{
		{Name: "page", Try: page("hello"), Needed: true},
		{Name: "bytes", Try: page("bytes")},
		{Name: "event", Try: page("event")},
		{Name: "files", Try: page("files")},
		{Name: "second window", Try: t.secondWindow},
		{Name: "size", Try: t.size},
		{Name: "monitors", Try: t.monitors},
		{Name: "menu", Try: t.menu},
		{Name: "badge", Try: t.badge},
		{Name: "theme", Try: t.theme},
		{Name: "tray", Try: t.tray},
		{Name: "notification", Try: t.notification},
		{Name: "dialog", Try: t.dialog},
		{Name: "crash", Try: t.crash},
		{Name: "confinement", Try: t.confinement},
	}
}

func (t *tester) secondWindow(ctx context.Context) (string, error) {
	w, err := t.app.OpenWindow(ctx, WindowOptions{Label: testSecond, Title: "Second"})
	if err != nil {
		return "", err
	}
	if _, err := t.pages.Do(ctx, testSecond, "hello"); err != nil {
		return "", err
	}
	w.Close()
	select {
	case <-w.Done():
		return "", nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func (t *tester) size(ctx context.Context) (string, error) {
	w, err := t.app.Window(testMain)
	if err != nil {
		return "", err
	}
	if err := w.SetSize(ctx, 520, 360); err != nil {
		return "", err
	}
	for {
		g := w.Geometry()
		if g.Scale > 0 && float64(g.Width)/g.Scale == 520 && float64(g.Height)/g.Scale == 360 {
			return fmt.Sprintf("scale %v", g.Scale), nil
		}
		if pause(ctx) != nil {
			return "", fmt.Errorf("the window has %d by %d pixels at scale %v, want 520 by 360 at 1", g.Width, g.Height, g.Scale)
		}
	}
}

// pause waits a moment before the next look.
func pause(ctx context.Context) error {
	select {
	case <-time.After(20 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (t *tester) monitors(ctx context.Context) (string, error) {
	w, err := t.app.Window(testMain)
	if err != nil {
		return "", err
	}
	list, err := w.Monitors(ctx)
	if err == nil && len(list) == 0 {
		err = errors.New("there is none")
	}
	var names []string
	for _, m := range list {
		names = append(names, fmt.Sprintf("%s (scale %v)", cmp.Or(m.Name, "without a name"), m.Scale))
	}
	return strings.Join(names, ", "), err
}

func (t *tester) menu(ctx context.Context) (string, error) {
	if err := t.app.SetMenu(ctx, Menu{{Text: "&Test", Items: Menu{{Text: "&Item", Accelerator: "CmdOrCtrl+T"}}}}); err != nil {
		return "", err
	}
	return "", t.app.SetMenu(ctx, nil)
}

// orLacking is an error about what a system does not have here, such as a bus of the session.
func orLacking(err error) error {
	if errors.Is(err, ErrNoSessionBus) {
		return fmt.Errorf("%w: %w", err, errors.ErrUnsupported)
	}
	return err
}

func (t *tester) badge(ctx context.Context) (string, error) {
	w, err := t.app.Window(testMain)
	if err != nil {
		return "", err
	}
	return "", orLacking(errors.Join(w.SetBadgeCount(ctx, 3), w.SetProgressBar(ctx, ProgressNormal, 50),
		w.SetBadgeCount(ctx, 0), w.SetProgressBar(ctx, ProgressNone, 0)))
}

func (t *tester) theme(ctx context.Context) (string, error) {
	for _, theme := range []config.Theme{config.ThemeDark, config.ThemeLight} {
		if err := t.app.SetTheme(ctx, theme); err != nil {
			return "", err
		}
		want := strings.ToLower(string(theme))
		for got := ""; got != want; {
			var err error
			if got, err = t.pages.Do(ctx, testMain, "scheme"); err != nil {
				return "", fmt.Errorf("the page does not see a theme that is %s: %w", want, err)
			}
		}
	}
	return "", t.app.SetTheme(ctx, "")
}

func (t *tester) tray(ctx context.Context) (string, error) {
	icon := image.NewNRGBA(image.Rect(0, 0, 32, 32))
	draw.Draw(icon, icon.Rect, image.NewUniform(color.NRGBA{G: 0xC0, A: 0xFF}), image.Point{}, draw.Src)
	i, err := t.app.NewTrayIcon(ctx, TrayOptions{ID: "selftest", Tooltip: "Self-test", Icon: icon})
	if err != nil {
		return "", orLacking(err)
	}
	defer i.Remove()
	return fmt.Sprintf("shown: %t", i.Shown()), nil
}

func (t *tester) notification(ctx context.Context) (string, error) {
	id, err := t.app.Notify(ctx, Notification{Title: "Self-test", Body: "This goes by itself."})
	if err != nil {
		return "", orLacking(err)
	}
	return "", orLacking(t.app.CloseNotification(ctx, id))
}

// dialog shows a message that nobody answers.
func (t *tester) dialog(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	button, err := t.app.Message(ctx, MessageDialog{Title: "Self-test", Message: "This goes by itself."})
	if errors.Is(err, context.DeadlineExceeded) {
		return "shown, and taken away", nil
	}
	return "answered with " + button, err
}

// crash kills the process with the windows, which are to come back.
func (t *tester) crash(ctx context.Context) (string, error) {
	name := "app"
	pid := t.app.Processes()[name]
	process, err := os.FindProcess(pid)
	if pid == 0 || err != nil {
		return "", fmt.Errorf("process %q is not there: %w", name, err)
	}
	if err := process.Kill(); err != nil {
		return "", err
	}
	for now := pid; now == pid || now == 0; now = t.app.Processes()[name] {
		if err := pause(ctx); err != nil {
			return "", fmt.Errorf("process %q does not come back: %w", name, err)
		}
	}
	if _, err := t.pages.Do(ctx, testMain, "hello"); err != nil {
		return "", fmt.Errorf("the page does not come back: %w", err)
	}
	return "", nil
}

func (t *tester) confinement(context.Context) (string, error) {
	var list []string
	for _, c := range t.app.Confinement() {
		list = append(list, fmt.Sprintf("%s: %s", c.Process, c.Level))
	}
	slices.Sort(list)
	return strings.Join(list, ", "), nil
}
