// Package x11 is a filter for the X11 protocol. A host connects to a guard
// instead of the display's server, and the guard lets through only what
// concerns the host's own windows.
//
// X11 trusts its clients: each may read the keys and the pixels of all others,
// and type into their windows. A host that was taken over must not. So [Guard]
// judges every request by a table of rules, rules.go and those after it, in
// which each has its reason; what is not in it is refused. What requests
// consist of is in table.go, which is generated from the protocol's
// description.
//
// # How a request is refused
//
// One with a reply gets an error, or a reply that says nothing. One without
// becomes a NoOperation: an error would end a host, for its toolkit takes
// errors that it does not expect as its own bugs. A refused request with a reply
// is sent on as GetInputFocus, whose answer is exchanged, so the server counts
// the requests just as the client does.
//
// # Who is trusted
//
// The server and the other clients are. The guard still reads what they send
// with care: other programs decide about parts of it.
package x11
