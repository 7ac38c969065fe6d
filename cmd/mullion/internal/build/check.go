package build

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/acl"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/term"
)

// check looks for what would go wrong when the program runs. What is certain to
// is an error; what may be meant is a warning.
func (b *builder) check() error {
	if err := b.checkIcon(); err != nil {
		return err
	}
	if b.p.Config.Version == "" {
		b.warn("the configuration has no version: the app has that of its Go module, or 0.0.0")
	}
	a, err := acl.Read(b.p)
	if err != nil {
		return err
	}
	auth, _, err := a.Resolve()
	if err != nil {
		return term.Help(fmt.Errorf("the app would refuse to start: %w", err), "mullion permission ls lists what can be granted")
	}
	b.checkCommands(a, auth)
	return nil
}

func (b *builder) checkIcon() error {
	for _, name := range b.p.Config.Bundle.Icon {
		if _, err := os.Stat(b.p.Path(name)); err != nil {
			return term.Help(fmt.Errorf("bundle.icon: %w", err), "mullion icon makes icons of one picture, or take the name out of the configuration")
		}
	}
	return nil
}

// checkCommands warns of commands that no window may call, and of those that
// are granted and that the front end does not name.
func (b *builder) checkCommands(a *acl.ACL, auth *capability.Authority) {
	windows := b.windows(a)
	front := b.frontText()
	for _, command := range a.Sources.Commands {
		callable := slices.ContainsFunc(windows, func(label string) bool {
			_, err := auth.Check(capability.Caller{Window: label, Webview: label, URL: "app://localhost/", Local: true}, command)
			return err == nil
		})
		permission := "allow-" + strings.ReplaceAll(command, "_", "-")
		switch {
		case !callable:
			b.warn("no window may call the command %q: add it by mullion permission add %s, or remove the command", command, permission)
		case front != nil && !bytes.Contains(front, []byte(command)):
			b.warn("windows may call the command %q, but the front end does not name it: remove %q from the capability if it is not needed", command, permission)
		}
	}
}

// windows are labels of windows that the app may have: those of the
// configuration, and one for each pattern of a capability.
func (b *builder) windows(a *acl.ACL) []string {
	var labels []string
	for _, w := range b.p.Config.App.Windows {
		labels = append(labels, w.Label)
	}
	for _, c := range a.Capabilities {
		for _, pattern := range slices.Concat(c.Windows, c.Webviews) {
			labels = append(labels, strings.NewReplacer("**", "x", "*", "x", "?", "x").Replace(pattern))
		}
	}
	return labels
}

// maxText bounds what is looked through of a front end, in bytes.
const maxText = 64 << 20

// frontText returns all scripts and pages of the front end, or nil if that is
// not known.
func (b *builder) frontText() []byte {
	dist := b.p.Front().Dist
	if dist == "" {
		return nil
	}
	text := []byte{}
	filepath.WalkDir(dist, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !slices.Contains([]string{".js", ".mjs", ".html", ".htm"}, filepath.Ext(name)) {
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil || len(text)+len(data) > maxText {
			text = nil
			return fs.SkipAll
		}
		text = append(text, data...)
		return nil
	})
	return text
}
