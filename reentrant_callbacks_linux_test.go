package mullion_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e/session"
	"github.com/mullion-dev/mullion/internal/instance"
	"github.com/mullion-dev/mullion/internal/wire"
	"github.com/mullion-dev/mullion/ipc"
)

// callback is a function that an app gives, and how it comes to be called.
type callback struct {
	name string // what follows a slash tells how it is called
	// options and setup add the function to an app before it runs, window to
	// each window; fire has it called, on some other goroutine.
	options func(*lab, *mullion.Options)
	setup   func(*lab)
	window  func(*lab)
	fire    func(*lab)
	// wears is set where what is fired may have the Core give the page up, so
	// that a further try needs another window.
	wears bool
}

// callbacks are all functions that an app can give.
var callbacks = []callback{
	{name: "App.On", setup: func(l *lab) { l.app.On("tauri://resize", func(context.Context, mullion.Event) { l.hook() }) }, fire: resize},
	{name: "App.OnCloseRequested", setup: func(l *lab) {
		l.app.OnCloseRequested(func(*mullion.Window) bool { l.hook(); return true })
	}, fire: func(l *lab) {
		if w, _ := l.find(); w != nil {
			_ = w.RequestClose()
		}
	}},
	{name: "App.OnDownload", setup: func(l *lab) { l.app.OnDownload(func(mullion.DownloadEvent) { l.hook() }) }, fire: func(l *lab) {
		if _, v := l.find(); v != nil {
			go func() {
				ctx, cancel := context.WithTimeout(context.Background(), patience)
				defer cancel()
				verdict, err := v.Decide(ctx, wire.Decision{Kind: wire.DecideDownload, URL: "https://example.org/x", What: "a"})
				if err == nil && verdict.Allow {
					v.Download(verdict.Download, wire.DownloadEvent{State: wire.DownloadFailed, Detail: "as tested"})
				}
			}()
		}
	}},
	{name: "App.OnInstance", options: func(_ *lab, o *mullion.Options) { o.SingleInstance = true }, setup: func(l *lab) {
		l.app.OnInstance(func(mullion.Instance) { l.hook() })
	}, fire: func(l *lab) {
		dir := l.app.DataDir()
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if lock, told, err := instance.AcquireOrTell(ctx, dir, instance.Start{Args: [][]byte{[]byte("app")}}); err == nil && !told {
				lock.Release() // the app has just ended
			}
		}()
	}},
	{name: "App.OnKept", setup: func(l *lab) { l.app.OnKept(func(mullion.Kept) { l.hook() }) }, fire: func(l *lab) { l.app.TellKept() }},
	{name: "App.Use/event", setup: intercept(func(m *ipc.Message) bool { return m.Kind == ipc.Event }), fire: resize},
	{name: "App.Use/command", setup: intercept(func(m *ipc.Message) bool { return m.Kind == ipc.Command }), fire: func(l *lab) { l.page("typed") }},
	{name: "App.Use/decision", setup: intercept(func(m *ipc.Message) bool { return m.Kind == ipc.Permission }), fire: func(l *lab) {
		decide(l, wire.Decision{Kind: wire.DecidePermission, What: "camera"})
	}},
	{name: "Handle", fire: func(l *lab) { l.page("typed") }},
	{name: "App.HandleRaw", fire: func(l *lab) { l.page("raw") }},
	{name: "App.AddPlugin/command", fire: func(l *lab) { l.page("plugin:probe|go") }},
	{name: "App.AddPlugin/resource", fire: func(l *lab) { l.page("plugin:probe|keep") }},
	{name: "App.AddPlugin/script", fire: openAndClose},
	{name: "App.OnWindowOpening", setup: func(l *lab) { l.app.OnWindowOpening(func(*mullion.WindowOpening) { l.hook() }) }, fire: openAndClose},
	{name: "App.OnWindowOpened", setup: func(l *lab) { l.app.OnWindowOpened(func(*mullion.Window) { l.hook() }) }, fire: openAndClose},
	{name: "App.OnWindowClosed", setup: func(l *lab) { l.app.OnWindowClosed(func(*mullion.Window) { l.hook() }) }, fire: openAndClose},
	{name: "Webview.OnPage", window: func(l *lab) { l.window.Webview().OnPage(func(mullion.Page) { l.hook() }) }, fire: func(l *lab) {
		if _, v := l.find(); v != nil {
			_ = v.Emit(wire.PageEvent{Kind: wire.PageTitle, Detail: fmt.Sprint("title ", l.next())})
		}
	}},
	{name: "State.Watch", setup: func(l *lab) { l.state.Watch(func(int, uint64) { l.hook() }) }, fire: func(l *lab) {
		go l.state.Update(context.Background(), func(n int) int { return n + 1 })
	}},
	{name: "State.Update", fire: func(l *lab) {
		go l.state.Update(context.Background(), func(n int) int { l.hook(); return n + 1 })
	}},
	{name: "StateOptions.Check", fire: func(l *lab) {
		s := mullion.NewState(l.app, fmt.Sprint("checked-", l.next()), 0, mullion.StateOptions[int]{Check: func(int) error { l.hook(); return nil }})
		go s.Set(context.Background(), 1)
	}},
	{name: "StateOptions.Migrate", fire: func(l *lab) {
		name := l.oldState()
		go mullion.NewState(l.app, name, 0, mullion.StateOptions[int]{Persist: true, Version: 2, Migrate: func(int, jsontext.Value) (int, error) {
			l.hook()
			return 2, nil
		}})
	}},
	{name: "Options.OnFault", options: func(l *lab, o *mullion.Options) { o.OnFault = func(mullion.Fault) { l.hook() } }, fire: func(l *lab) {
		if _, v := l.find(); v != nil {
			_ = v.Crash("as tested")
		}
	}, wears: true},
	{name: "Options.OnHang", options: func(l *lab, o *mullion.Options) {
		o.OnHang = func(mullion.Hang) mullion.HangAction { l.hook(); return mullion.HangWait }
	}, fire: func(l *lab) {
		if _, v := l.find(); v != nil {
			_ = v.Emit(wire.PageEvent{Kind: wire.PageHung})
		}
	}},
	{name: "Options.OnLink", options: func(l *lab, o *mullion.Options) {
		o.OnLink = func(mullion.Link) mullion.LinkAction { l.hook(); return mullion.LinkIgnore }
	}, fire: func(l *lab) {
		decide(l, wire.Decision{Kind: wire.DecideNavigation, URL: "https://example.com/", MainFrame: true, Clicked: true})
	}},
	{name: "MenuItem.Do", window: func(l *lab) {
		_ = l.window.SetMenu(context.Background(), mullion.Menu{{Text: "x", Do: func(context.Context, mullion.MenuEvent) { l.hook() }}})
	}, fire: func(l *lab) {
		w, _ := l.find()
		if w == nil {
			return
		}
		items := w.State().Menu
		if len(items) == 1 && items[0].Text == "x" {
			_ = w.ChooseMenuItem(items[0].Number)
			return
		}
		l.callback.window(l) // a method has set another menu
	}},
	{name: "TrayOptions.OnEvent", fire: func(l *lab) {
		id := l.icon.ID()
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			if i, err := l.tray.Find(ctx, func(i session.TrayItem) bool { return strings.HasSuffix(i.Text("Id"), "-"+id) }); err == nil {
				_ = l.tray.Click(i, "Activate", 1, 2, "")
			}
		}()
	}},
	{name: "Notification.OnAction", fire: func(l *lab) { notify(l, func(id uint32) error { return l.notes.Click(id, "default", "") }) }},
	{name: "Notification.OnReply", fire: func(l *lab) { notify(l, func(id uint32) error { return l.notes.Answer(id, "yes") }) }},
	{name: "Notification.OnClose", fire: func(l *lab) { notify(l, func(id uint32) error { return l.notes.Dismiss(id) }) }},
	{name: "Worker.CallWithProgress", fire: func(l *lab) {
		app := l.app
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, _ = steps.CallWithProgress(ctx, app, 1, func(mullion.Progress) { l.hook() })
		}()
	}},
}

// resize has the host see the window in another size.
func resize(l *lab) {
	if w, _ := l.find(); w != nil {
		_ = w.Change(func(o *wire.WindowObserved) { o.Width++ })
	}
}

func intercept(which func(*ipc.Message) bool) func(*lab) {
	return func(l *lab) {
		l.app.Use(func(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
			if which(m) {
				l.hook()
			}
			return next(ctx, m)
		})
	}
}

// decide has the engine ask.
func decide(l *lab, d wire.Decision) {
	if _, v := l.find(); v != nil {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_, _ = v.Decide(ctx, d)
		}()
	}
}

// notify shows a notification, and has the user do something with it.
func notify(l *lab, user func(id uint32) error) {
	app := l.app
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		n := mullion.Notification{Title: "title", Actions: []mullion.NotificationAction{{ID: "default", Label: "x"}}, Reply: &mullion.NotificationReply{}}
		switch l.callback.name {
		case "Notification.OnAction":
			n.OnAction = func(mullion.NotificationActivation) { l.hook() }
		case "Notification.OnReply":
			n.OnReply = func(string) { l.hook() }
		case "Notification.OnClose":
			n.OnClose = func(mullion.NotificationCloseReason) { l.hook() }
		}
		if id, err := app.Notify(ctx, n); err == nil {
			_ = user(uint32(id))
		}
	}()
}

// openAndClose opens a further window, and closes it.
func openAndClose(l *lab) {
	app, label := l.app, fmt.Sprint("further-", l.next())
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if w, err := app.OpenWindow(ctx, mullion.WindowOptions{Label: label}); err == nil {
			w.Close()
		}
	}()
}
