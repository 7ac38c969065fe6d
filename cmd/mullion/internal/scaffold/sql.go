package scaffold

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/bundled"
)

// sqlDir is the folder of the plugin sql in the framework. It is a module of its
// own, with a package for each kind of database.
const sqlDir = "plugin/sql"

// sqlDrivers are those packages. The URLs of their databases begin with their names.
var sqlDrivers = []string{"sqlite", "postgres", "mysql"}

var (
	databaseURL = regexp.MustCompile("['\"`](sqlite|postgres|mysql):")
	// sqlFeature is a driver among the features of Tauri's plugin, in Cargo.toml.
	sqlFeature = regexp.MustCompile(`(?ms)tauri-plugin-sql\b[^\n]*(?:\n[^\[\n][^\n]*)*`)
)

// useSQL has main.go add the plugin sql, with the drivers that the project names:
// in the URLs of its sources and its configuration, and in Cargo.toml.
func (a *adopted) useSQL(root fs.FS, conf string, cargo []byte) error {
	found := map[string]bool{}
	look := func(_, text string) {
		for _, m := range databaseURL.FindAllStringSubmatch(text, -1) {
			found[m[1]] = true
		}
	}
	if err := readSources(root, sources, look); err != nil {
		return err
	}
	if conf != "" {
		for _, name := range tauriConfigs {
			if text, err := fs.ReadFile(root, path.Join(conf, name)); err == nil {
				look(name, string(text))
			}
		}
		if src, err := fs.Sub(root, path.Join(conf, "src")); err == nil {
			_ = readSources(src, []string{".rs"}, look) // there may be none
		}
	}
	for _, line := range sqlFeature.FindAllString(string(cargo), -1) {
		for _, name := range sqlDrivers {
			found[name] = found[name] || strings.Contains(line, `"`+name+`"`)
		}
	}
	for _, name := range sqlDrivers {
		if found[name] {
			a.SQL = append(a.SQL, name)
		}
	}
	if len(a.SQL) == 0 {
		a.SQL = []string{"sqlite"}
	}
	var made []string
	for _, name := range a.SQL {
		made = append(made, name+".New()")
	}
	k, _ := bundled.ByName("sql")
	k.New = "sql.New(sql.Options{Drivers: []sql.Driver{" + strings.Join(made, ", ") + "}})"
	a.Known = append(a.Known, k)
	return nil
}

// uses reports whether main.go adds a plugin.
func (a *adopted) uses(name string) bool {
	return slices.ContainsFunc(a.Known, func(k bundled.Plugin) bool { return k.Name == name })
}
