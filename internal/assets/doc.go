// Package assets answers the requests that a webview makes on the two custom
// schemes of an app: app://localhost/<path> for the files that are embedded in
// the app, and asset://localhost/<percent-encoded path> for files of the user.
//
// Start with [NewApp] and [NewFiles]. Both return a [Handler], and a handler
// always has an answer:
//
//	app, err := assets.NewApp(embedded, assets.AppOptions{HTML: policy.Apply})
//	...
//	answer := app.Serve(ctx, &assets.Request{URL: "app://localhost/index.html"})
//	defer answer.Close()
//
// The package speaks the part of HTTP that engines use on custom schemes: GET
// and HEAD, byte ranges, entity tags and conditional requests (RFC 9110). It
// holds its own table of media types and does without net/http and mime: the
// first is large, the second reads files of the system, so that the same app
// would answer differently on two computers.
//
// # Trust
//
// Everything in a [Request] but Origin is written by a page and is not
// trusted. A path reaches a file system only after strict percent-decoding,
// and only if it cannot leave the root. Files of the user are opened first and
// judged afterwards, so that nothing can be swapped between the check and the
// open (see [Files]).
//
// # Difference from Tauri
//
// Tauri answers every unknown app path with index.html. [App] does so only for
// paths that look like a page, that is without an extension or with .html. A
// missing script, style sheet or picture is a 404 with a text that names it:
// otherwise the engine reports a syntax error in line 1 of a script that does
// not exist.
package assets
