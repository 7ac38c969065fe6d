// Browser shows the documentation of a few sites, and of no others: a toolbar
// of the app above a webview whose pages have no rights at all.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/ipc"
)

//go:embed mullion.conf.json icon.png capabilities ui
var files embed.FS

func main() { mullion.Main(run) }

func run(ctx context.Context) error {
	site := flag.String("site", "", "a site to show besides those of the capabilities, such as http://127.0.0.1:6060")
	flag.Parse()
	more, err := allow(*site)
	if err != nil {
		return err
	}
	app, err := mullion.New(mullion.Options{Files: files, Capabilities: more})
	if err != nil {
		return err
	}
	b := &browser{app: app}
	mullion.Handle(app, "layout", b.layout)
	mullion.Handle(app, "visit", b.visit)
	mullion.Handle(app, "back", b.do((*mullion.Webview).Back))
	mullion.Handle(app, "forward", b.do((*mullion.Webview).Forward))
	mullion.Handle(app, "reload", b.do((*mullion.Webview).Reload))
	mullion.Handle(app, "stop", b.do((*mullion.Webview).Stop))
	app.Use(b.watch)

	// A window of its own host: it is opened on a page of the app, and then
	// shows remote pages beside that.
	o := app.WindowOptions("main")
	o.Isolate = true
	if b.window, err = app.OpenWindow(ctx, o); err != nil {
		return err
	}
	return app.Run(ctx)
}

// browser is the app.
type browser struct {
	app    *mullion.App
	window *mullion.Window

	mu      sync.Mutex
	content *mullion.Webview // guarded by mu; nil until a page was asked for
	place   mullion.Rect     // guarded by mu; of the content
}

type none = struct{}

// layout puts the content where the toolbar's page leaves room for it.
func (b *browser) layout(ctx context.Context, r mullion.Rect) (none, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.place = r
	if b.content == nil {
		return none{}, nil
	}
	return none{}, b.content.SetBounds(ctx, r)
}

type address struct {
	Text string `json:"text"`
}

// visit shows what the user has typed. Whether its server can be reached is
// for the capabilities to say.
func (b *browser) visit(ctx context.Context, a address) (none, error) {
	text := strings.TrimSpace(a.Text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return none{}, fmt.Errorf("%q is not the address of a web page", a.Text)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.content != nil {
		return none{}, b.content.Navigate(ctx, u.String())
	}
	b.content, err = b.window.AddWebview(ctx, mullion.WebviewOptions{Label: "content", URL: u.String(), Bounds: b.place})
	if err != nil {
		return none{}, err
	}
	b.content.OnPage(b.tell)
	return none{}, nil
}

// do makes a command of something that a webview does.
func (b *browser) do(f func(*mullion.Webview, context.Context) error) func(context.Context, none) (none, error) {
	return func(ctx context.Context, _ none) (none, error) {
		b.mu.Lock()
		v := b.content
		b.mu.Unlock()
		if v == nil {
			return none{}, errors.New("nothing is shown yet")
		}
		return none{}, f(v, ctx)
	}
}

// shown is what the toolbar is told of the content.
type shown struct {
	URL     string `json:"url"`
	Title   string `json:"title"`
	Loading bool   `json:"loading"`
	Back    bool   `json:"back"`
	Forward bool   `json:"forward"`
	Failure string `json:"failure"`
}

// tell sends the toolbar what the content shows, as the engine has told the
// Core. The pages of the content could not say so: they have no bridge.
func (b *browser) tell(p mullion.Page) {
	ctx := context.Background()
	_ = b.window.Emit(ctx, "page", shown{p.URL, p.Title, p.Loading, p.CanGoBack, p.CanGoForward, p.Failure})
	title := b.app.Name()
	if p.Title != "" {
		title = p.Title + " – " + title
	}
	_ = b.window.SetTitle(ctx, title)
}

type refusal struct {
	URL    string `json:"url"`
	Reason string `json:"reason"`
}

// watch sees where the content wants to go. It refuses what is not encrypted,
// but on this machine; the capabilities refuse what they do not name, which
// comes back from next. The toolbar is told of both.
func (b *browser) watch(ctx context.Context, m *ipc.Message, next ipc.Handler) (ipc.Result, error) {
	if m.Kind != ipc.Navigation || m.From.Webview != "content" || !m.MainFrame {
		return next(ctx, m)
	}
	reason := "no capability names this site"
	var r ipc.Result
	var err error
	if u, _ := url.Parse(m.URL); u != nil && u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" {
		reason = "the connection would not be encrypted"
		err = errors.New(reason)
	} else {
		r, err = next(ctx, m)
	}
	if err != nil {
		_ = b.window.Emit(ctx, "refused", refusal{m.URL, reason})
	}
	return r, err
}
