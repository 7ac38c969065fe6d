// Package engine chooses the web view of this system, and what shows native
// dialogs. Nothing else names a backend.
package engine
