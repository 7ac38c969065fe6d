// Package capability decides which page may call which command, and on what.
//
// Begin with [Load], which reads capability files, and [Resolve], which
// applies them to what plugins and the app offer; the result is an
// [Authority], whose [Authority.Check] is asked before every command:
//
//	caps, err := capability.Load(os.DirFS("."), "capabilities")
//	…
//	authority, err := capability.Resolve(manifests, caps, capability.PlatformOf(runtime.GOOS))
//	…
//	scope, err := authority.Check(caller, "plugin:fs|read_file")
//
// A [Capability] grants permissions to windows, webviews and origins. A
// [Permission] or a [Set] of them is what a [Manifest] offers under an
// identifier: "fs:read-all" belongs to the plugin fs, "core:window:default" to
// the framework, "allow-add-note" to the app itself. [Authority.Explain] tells
// people why a command is allowed or not, and [Authority.Covers] keeps a page
// from creating a window that has more rights than the page.
//
// The files are those of Tauri v2. The rules are stricter where its own leave a
// gap:
//
//   - Nothing is allowed that no capability grants, the app's own commands included.
//   - A denial wins over every grant, for the windows, webviews and origins that
//     its own capability covers, and only for them.
//   - The scope of a permission without commands is for the same callers only.
//   - A remote pattern never covers a local page, nor "local" a remote one.
//   - Unknown keys, repeated keys and unknown identifiers are errors.
//
// The same files say what the processes that show a window may reach of the
// system: [Authority.Resources].
//
// Plugins that limit what their commands act on find a [PathScope] for files
// and a [URLPattern] for addresses here.
//
// The package does no I/O of its own: it reads from the [io/fs.FS] it is given
// and resolves links by functions it is given. It starts no goroutines.
package capability
