// Tray is a timer that lives in the desktop's tray. Its window is hidden when
// the user closes it; the app ends by its menu. On a desktop without a tray it
// lives in its window.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
)

//go:embed mullion.conf.json icon.png capabilities ui
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	length := flag.Duration("length", 25*time.Minute, "how long one round takes")
	flag.Parse()
	app, err := mullion.New(mullion.Options{Files: files, StayOpen: true})
	if err != nil {
		return err
	}
	total := max(1, int(length.Seconds()))
	t := &timer{app: app, state: mullion.NewState(app, "timer", clock{Total: total, Left: total}, mullion.StateOptions[clock]{})}
	mullion.Handle(app, "toggle", func(ctx context.Context, _ none) (none, error) { return none{}, t.toggle(ctx) })
	mullion.Handle(app, "reset", func(ctx context.Context, _ none) (none, error) { return none{}, t.reset(ctx) })

	t.icon, err = app.NewTrayIcon(ctx, mullion.TrayOptions{
		ID: "timer", Title: app.Name(), Tooltip: t.state.Get().String(), Icon: picture(t.state.Get()), Menu: t.menu(false),
		NoMenuOnLeftClick: true,
		OnEvent: func(e mullion.TrayEvent) {
			if e.Button == mullion.TrayLeft {
				t.show(ctx)
			}
		},
	})
	if err != nil {
		slog.Warn("the timer lives in its window", "err", err)
	}
	// The window is hidden, and comes back as it was, if there is a way back.
	app.OnCloseRequested(func(w *mullion.Window) (keep bool) {
		if !t.inTray() {
			app.Quit()
			return false
		}
		if err := w.SetVisible(ctx, false); err != nil {
			slog.Warn("the window cannot be hidden", "err", err)
		}
		return true
	})
	go t.run(ctx)
	return app.Run(ctx)
}

type none = struct{}

// clock is what the window, the icon and its tooltip show. Times are in
// seconds.
type clock struct {
	Running bool `json:"running"`
	Total   int  `json:"total"`
	Left    int  `json:"left"`
	// Hint tells the user what is missing.
	Hint string `json:"hint"`
}

func (c clock) String() string {
	text := fmt.Sprintf("%d:%02d left", c.Left/60, c.Left%60)
	if !c.Running {
		text += ", paused"
	}
	return text
}

// timer is the app.
type timer struct {
	app   *mullion.App
	state *mullion.State[clock]
	icon  *mullion.TrayIcon // nil where no tray can ever be

	mu      sync.Mutex
	running bool // guarded by mu; what the menu says
}

func (t *timer) menu(running bool) mullion.Menu {
	start := "&Start"
	if running {
		start = "&Pause"
	}
	return mullion.Menu{
		{Text: start, Do: func(ctx context.Context, _ mullion.MenuEvent) { t.log(t.toggle(ctx)) }},
		{Text: "&Reset", Do: func(ctx context.Context, _ mullion.MenuEvent) { t.log(t.reset(ctx)) }},
		{Predefined: mullion.Separator},
		{Text: "Show &window", Do: func(ctx context.Context, _ mullion.MenuEvent) { t.show(ctx) }},
		{Text: "&Quit", Do: func(context.Context, mullion.MenuEvent) { t.app.Quit() }},
	}
}

func (t *timer) log(err error) {
	if err != nil {
		slog.Warn("timer", "err", err)
	}
}

// show brings the window to the front, which is opened the first time.
func (t *timer) show(ctx context.Context) {
	w, err := t.app.Window("main")
	if err != nil {
		_, err = t.app.OpenWindow(ctx, t.app.WindowOptions("main"))
		t.log(err)
		return
	}
	t.log(w.SetVisible(ctx, true))
	t.log(w.Focus(ctx))
}

func (t *timer) toggle(ctx context.Context) error {
	return t.change(ctx, func(c clock) clock {
		c.Running = !c.Running
		if c.Left == 0 {
			c.Left = c.Total
		}
		return c
	})
}

func (t *timer) reset(ctx context.Context) error {
	return t.change(ctx, func(c clock) clock { return clock{Total: c.Total, Left: c.Total, Hint: c.Hint} })
}

// change changes the state, which the window follows, and has the tray show
// it.
func (t *timer) change(ctx context.Context, f func(clock) clock) error {
	if err := t.state.Update(ctx, f); err != nil {
		return err
	}
	if t.icon == nil {
		return nil
	}
	t.mu.Lock() // so that the tray shows the newest in the end
	defer t.mu.Unlock()
	c := t.state.Get()
	if err := t.icon.SetTooltip(ctx, c.String()); err != nil {
		return err
	}
	if err := t.icon.SetIcon(ctx, picture(c)); err != nil {
		return err
	}
	if c.Running == t.running {
		return nil
	}
	t.running = c.Running
	return t.icon.SetMenu(ctx, t.menu(c.Running))
}

// inTray reports whether the desktop shows the icon.
func (t *timer) inTray() bool { return t.icon != nil && t.icon.Shown() }

const noTray = "This desktop shows no tray icons, so the timer lives in this window. Closing it ends the app."

// patience is for how many seconds there may be no tray before the window
// opens: desktops start theirs at their leisure.
const patience = 2

// run counts down, and sees to it that there is something to see.
func (t *timer) run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	missing := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		hint := t.state.Get().Hint
		switch {
		case t.inTray():
			missing, hint = 0, ""
		case missing < patience:
			missing++
		case hint == "":
			hint = noTray
			t.show(ctx)
		}
		if hint != t.state.Get().Hint {
			t.log(t.change(ctx, func(c clock) clock { c.Hint = hint; return c }))
		}
		if !t.state.Get().Running {
			continue
		}
		t.log(t.change(ctx, func(c clock) clock {
			if c.Running {
				c.Left = max(0, c.Left-1)
				c.Running = c.Left > 0
			}
			return c
		}))
		if c := t.state.Get(); c.Left == 0 {
			_, err := t.app.Notify(ctx, mullion.Notification{
				Title: "Time for a break", Body: "The round is over.", Sound: "complete",
				Actions:  []mullion.NotificationAction{{ID: "default", Label: "Show"}},
				OnAction: func(mullion.NotificationActivation) { t.show(ctx) },
			})
			t.log(err)
		}
	}
}
