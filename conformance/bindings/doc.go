// Package bindings is an app with a command for every kind of Go type, and with
// events, states, channels, errors and a plugin, for the TypeScript that
// mullion generate writes. page/bindings is that; cmd/mullion tests that it is
// fresh, and the test here calls all of it from a window.
//
//mullion:bindings page/bindings
package bindings
