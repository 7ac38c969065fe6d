// Package busfilter stands between a host and the accessibility bus, on which
// screen readers and all programs of the user meet as equals: whoever is on it
// may read, press and overwrite what any other program shows, and hear of what
// is typed there.
//
// So it is with input methods: on their buses programs can have the keys of others.
//
// [Groups] filter the connections of one host. Through it the host can say
// that it is there, answer those who call its objects, and emit events about
// them. What it asks of others is refused, but for a few questions to the bus
// and to the registry of the screen readers. With an input method it shares the text
// contexts that were made for it, and nothing else.
//
// The filter speaks for both sides of the authentication itself, so descriptors
// are never passed. Of each message it reads the header, and writes it anew from
// what it has read: the bus sees what was judged, and nothing else. Bodies are
// passed on as they come, in pieces, but for those that say whom a message
// concerns: arguments of calls, and references to objects in answers and events.
package busfilter
