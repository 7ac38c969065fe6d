package mulliontest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
)

// TestProblems: what a page is blamed for, and what it is not.
func TestProblems(t *testing.T) {
	w := Open(t, func(ctx context.Context) error {
		app, err := mullion.New(mullion.Options{Files: fstest.MapFS{
			"mullion.conf.json": {Data: []byte(`{"identifier": "dev.mullion.check", "build": {"frontendDist": "ui"}, "app": {"windows": [{"label": "main"}]}}`)},
			"ui/index.html":     {Data: []byte(`<!doctype html><meta charset="utf-8">`)},
		}})
		if err != nil {
			return err
		}
		return app.Run(ctx)
	}, nil).Window("main")
	for _, test := range []struct{ body, want string }{
		{`<button>Save</button> <label>Name <input></label> <img alt="" src="x.png"> <a href="/">Home</a> <p>text</p>`, ""},
		{`<button></button>`, "has no name"},
		{`<input>`, "has no name"},
		{`<img src="x.png" width="9" height="9">`, "alternative text"},
		{`<a href="/" tabindex="3">Home</a>`, "tabindex"},
		{`<div role="button">Save</div>`, "mouse only"},
		{`<div role="button" tabindex="0">Save</div>`, ""},
		{`<div style="display: flex; flex-direction: column-reverse"><button>one</button><button>two</button></div>`, "below it"},
		{`<p style="color: #777; background: #fff">grey</p>`, "contrast of 4.48"},
		{`<p style="color: #767676; background: #fff">grey</p>`, ""},
		{`<h1 style="color: #949494; background: #fff; font-size: 24px">large</h1>`, ""},
		{`<p style="color: #000; background: #fff"><span style="opacity: .5">faint</span></p>`, "contrast of 3.9"},
		{`<p style="color: #aaa; background: linear-gradient(#fff, #eee)">on a picture</p>`, ""},
		{`<p hidden><button></button></p>`, ""},
		{`<button disabled style="color: #aaa; background: #fff">not now</button>`, ""},
	} {
		w.Eval(fmt.Sprintf(`document.documentElement.lang = 'en'; document.title = 'Check'; document.body.innerHTML = %q`, test.body), nil)
		got := w.problems()
		if (test.want == "") != (len(got) == 0) || test.want != "" && (len(got) != 1 || !strings.Contains(got[0], test.want)) {
			t.Errorf("%s: got %q, want %q", test.body, got, test.want)
		}
	}
	w.Eval(`document.documentElement.lang = document.title = document.body.innerHTML = ''`, nil)
	if got := w.problems(); len(got) != 2 {
		t.Errorf("a page without language and title: %q", got)
	}
}
