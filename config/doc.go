// Package config reads the configuration of an app. Call [Load] with the
// directory that holds mullion.conf.json:
//
//	cfg, err := config.Load(os.DirFS("."), config.Options{})
//
// The file has the shape of Tauri v2's tauri.conf.json, which is read as well,
// so that an app can move over without rewriting it. Only "identifier" is
// required; every other key has a default, which is filled in after all layers
// have been merged.
//
// Reading is strict. An unknown key, a key given twice, a value of the wrong
// type or out of its range is refused with its place and with what is expected
// there, and everything that is wrong is reported at once: the error joins one
// [*Error] for each problem, in the order of the files.
//
// The package opens nothing but the given file system and keeps no state.
// A [Config] is plain data: safe for concurrent reading, not for writing.
package config
