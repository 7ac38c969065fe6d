package acl

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/mullion-dev/mullion/capability"
)

// schema is what generate writes for capability files, below the folder of the
// configuration.
const schema = "gen/schemas/desktop-schema.json"

// Draft is a capability that is to be made. Without Windows and Webviews it
// would cover nobody.
type Draft struct {
	// Schema is set where there is one, for editors.
	Schema      string   `json:"$schema,omitempty" toml:"-"`
	Identifier  string   `json:"identifier" toml:"identifier"`
	Description string   `json:"description,omitempty" toml:"description,omitempty"`
	Local       *bool    `json:"local,omitempty" toml:"local,omitempty"`
	Remote      *Remote  `json:"remote,omitempty" toml:"remote,omitempty"`
	Windows     []string `json:"windows,omitempty" toml:"windows,omitempty"`
	Webviews    []string `json:"webviews,omitempty" toml:"webviews,omitempty"`
	Permissions []string `json:"permissions" toml:"permissions,multiline"`
	Platforms   []string `json:"platforms,omitempty" toml:"platforms,omitempty"`
}

// Remote lists pages from elsewhere.
type Remote struct {
	URLs []string `json:"urls" toml:"urls"`
}

// Create writes a new capability file and returns its path below the folder of
// the configuration. format is "json" or "toml". It replaces nothing.
func (a *ACL) Create(d Draft, format string) (string, error) {
	if strings.ContainsAny(d.Identifier, `/\:*?"<>|`) || strings.HasPrefix(d.Identifier, ".") {
		return "", fmt.Errorf("the file is named like the capability, and %q is no name for a file", d.Identifier)
	}
	if c := a.Find(d.Identifier); c != nil {
		return "", fmt.Errorf("there is a capability %q already%s", d.Identifier, inFile(c))
	}
	if _, err := os.Stat(filepath.Join(a.Project.Dir, filepath.FromSlash(schema))); err == nil {
		d.Schema = "../" + schema
	}
	data, err := d.text(format)
	if err != nil {
		return "", err
	}
	name := Folder + "/" + d.Identifier + "." + format
	// What the app would refuse at its start is refused here.
	if _, err := capability.Parse(name, data); err != nil {
		return "", err
	}
	dir := filepath.Join(a.Project.Dir, Folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := create(filepath.Join(dir, d.Identifier+"."+format), data); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("%s exists already", name)
		}
		return "", err
	}
	return name, nil
}

func inFile(c *Capability) string {
	switch {
	case c.Inline:
		return ", in the configuration"
	case c.File != "":
		return ", in " + c.File
	}
	return ""
}

func (d Draft) text(format string) ([]byte, error) {
	if d.Permissions == nil {
		d.Permissions = []string{}
	}
	if format == "toml" {
		return toml.Marshal(d)
	}
	b, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// create writes a new file; one that is there is an error, and what could not
// be written to the end is taken away.
func create(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(name)
	}
	return err
}
