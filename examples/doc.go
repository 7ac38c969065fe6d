// Package examples has no code of its own. Its folders are apps to read, and
// its tests open each of them.
package examples
