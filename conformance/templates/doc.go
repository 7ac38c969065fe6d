// Package templates makes the templates of create-tauri-app, as npm publishes
// it, and runs their front ends untouched: built and embedded, and from their
// own dev server with hot module replacement. It does the same with what
// mullion init makes, and adds to them and to a project of create-vite.
//
//	scripts/setup.sh test
//	go test ./conformance/templates
package templates
