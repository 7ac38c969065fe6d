package assets_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing/fstest"

	"github.com/mullion-dev/mullion/internal/assets"
)

func ExampleApp() {
	embedded := fstest.MapFS{"index.html": {Data: []byte("<h1>Notes</h1>")}}
	app, err := assets.NewApp(embedded, assets.AppOptions{
		HTML: func(html []byte) (csp string, out []byte) { return "default-src 'self'", html },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, url := range []string{"app://localhost/settings", "app://localhost/missing.js"} {
		answer := app.Serve(context.Background(), &assets.Request{URL: url})
		body, err := io.ReadAll(answer.Body)
		answer.Close()
		fmt.Println(answer.Status, answer.Get("Content-Security-Policy"), strings.TrimSpace(string(body)), err)
	}
	// Output:
	// 200 default-src 'self' <h1>Notes</h1> <nil>
	// 404  no file "missing.js" among the app's files; only addresses without an extension or with .html fall back to index.html <nil>
}

func ExampleFiles() {
	files := assets.NewFiles(assets.FilesOptions{
		Allowed: func(path string) error {
			if strings.HasPrefix(path, "/home/me/Pictures/") {
				return nil
			}
			return errors.New("no pattern holds it")
		},
	})
	answer := files.Serve(context.Background(), &assets.Request{
		URL:    "asset://localhost/%2Fhome%2Fme%2F.ssh%2Fid_ed25519",
		Origin: "app://localhost",
	})
	defer answer.Close()
	fmt.Println(answer.Status)
	// Output: 403
}
