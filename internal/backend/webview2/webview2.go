// Package webview2 is the engine of Windows: WebView2, by its COM interfaces, without cgo and
// without its loader library.
//
// New is the first call to make. One thread, which is locked, runs the main loop and makes all
// calls; com_unsafe.go calls COM and is called by it, window_unsafe.go does the same for windows.
// What of package backend this engine does not do is in lacks.go.
package webview2
