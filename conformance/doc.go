// Package conformance runs the published npm packages, as they are, in real
// windows, against what their types and the page side of Tauri v2 promise.
// What passes is written down in docs/compatibility.md.
//
//	scripts/setup.sh test
//	go test ./conformance/
//	go test ./conformance/ -update   # writes docs/compatibility.*
//
// The tests are the files page/*.test.ts, each of which is a Go subtest too.
// They run with the package; one of each export runs a second time, with the
// modules of window.__TAURI__ and an interceptor in front of everything, and so do
// those that need one of the two. A test has the name of what it is about:
// MODULE/EXPORT/WHAT, or MODULE/TYPE.KEY,KEY/WHAT where it looks at the effect of
// options. The packages of plugins have suites, in plugin_NAME_test.go and
// notification_test.go, each in an app of its own; see pluginSuite.
package conformance
