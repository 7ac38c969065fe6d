// Package document reads the files that people write for an app, in JSON, JSON5
// or TOML, into one tree that remembers where everything stands.
//
// Begin with [Parse]. It is strict: a key that is given twice, a value that
// JSON cannot hold and nesting deeper than any real file are problems, each
// with its place. What the keys mean is the affair of the packages that use
// the tree; [Nearest] and [DidYouMean] help them to say what was meant.
package document
