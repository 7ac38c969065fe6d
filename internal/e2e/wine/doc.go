// Package wine runs apps for Windows: under wine, against a double of the WebView2 runtime
// (testdata/double.c), which a test tells what pages do. Its tests have the build tag "wine":
//
//	scripts/setup.sh windows
//	go test -tags wine ./internal/e2e/wine
package wine
