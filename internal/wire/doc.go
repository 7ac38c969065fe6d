// Package wire is the protocol between the Core and its hosts: what they say
// to each other (the State, Event and Decision types) and how it travels
// (Conn). Neither side imports the other; both import this package. The
// protocol is written down in PROTOCOL.md.
package wire
