package dev

import (
	"context"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/gocmd"
	"github.com/mullion-dev/mullion/cmd/mullion/internal/project"
)

// sources are the files that a program is made of.
type sources struct {
	project *project.Project
	// packages are the folders of Go packages, embeds files and folders that
	// they embed, modules the files of modules, extra further folders that the
	// configuration names.
	packages, embeds, modules, extra []string
	// front are folders of the front end, whose files come to pages otherwise.
	front []string
}

// findSources asks the go command for the sources.
func findSources(ctx context.Context, p *project.Project, front []string, tags string) (*sources, error) {
	list, err := gocmd.Packages(ctx, p.Main, here(), tags)
	if err != nil {
		return nil, err
	}
	s := &sources{project: p, front: front}
	add := func(to *[]string, name string) {
		if !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	for i := range list {
		pkg := &list[i]
		if !pkg.Local() {
			continue
		}
		add(&s.packages, pkg.Dir)
		for _, pattern := range pkg.EmbedPatterns {
			add(&s.embeds, filepath.Join(pkg.Dir, filepath.FromSlash(fixed(strings.TrimPrefix(pattern, "all:")))))
		}
		if m := pkg.Module; m != nil {
			if m.Replace != nil {
				m = m.Replace
			}
			if m.GoMod != "" {
				add(&s.modules, m.GoMod)
				add(&s.modules, strings.TrimSuffix(m.GoMod, ".mod")+".sum")
			}
		}
	}
	work, err := gocmd.Run(ctx, p.Main, nil, "env", "GOWORK")
	if err != nil {
		return nil, err
	}
	if name := strings.TrimSpace(string(work)); name != "" && name != "off" {
		add(&s.modules, name)
	}
	for _, dir := range p.Config.Build.AdditionalWatchFolders {
		add(&s.extra, p.Path(dir))
	}
	return s, nil
}

// fixed returns the part of a pattern of embed that stands for one file or
// folder.
func fixed(pattern string) string {
	at := strings.IndexAny(pattern, `*?[\`)
	if at < 0 {
		return pattern
	}
	return pattern[:strings.LastIndexByte(pattern[:at], '/')+1]
}

// code are the files that the go command compiles.
var code = []string{".go", ".s", ".S", ".c", ".h", ".cc", ".cpp", ".m", ".syso"}

// concerns reports whether a changed file asks for another program. After a
// build that has failed any Go file may be what was missing.
func (s *sources) concerns(name string, failed bool) bool {
	ext := filepath.Ext(name)
	switch {
	case slices.ContainsFunc(s.front, func(dir string) bool { return below(name, dir) }):
		return false
	case strings.HasSuffix(name, "_test.go"):
		return false
	case slices.Contains(s.modules, name):
		return true
	case slices.Contains(code, ext) && (failed || slices.Contains(s.packages, filepath.Dir(name))):
		return true
	case isTemporary(filepath.Base(name)):
		return false
	}
	return slices.ContainsFunc(s.embeds, func(e string) bool { return below(name, e) }) ||
		slices.ContainsFunc(s.extra, func(dir string) bool { return below(name, dir) })
}

// temporary are names that editors and tools give to a file while they write
// another one: vim, Emacs, GNOME's, JetBrains', and what calls os.CreateTemp, such as
// mullion permission add.
var temporary = regexp.MustCompile(`~$|^\.#|\.sw[px]$|^4913$|^\.goutputstream-|___jb_(tmp|old)___$|\.tmp$|^\..*[.-]\d+$`)

func isTemporary(base string) bool { return temporary.MatchString(base) }

// isConfig reports whether a file is one of those that say what the app is and
// may do.
func (s *sources) isConfig(name string) bool {
	dir := s.project.Dir
	base := strings.ToLower(filepath.Base(name))
	switch filepath.Dir(name) {
	case dir:
		return strings.HasPrefix(base, "mullion.") || strings.HasPrefix(base, "tauri.")
	default:
		return below(name, filepath.Join(dir, "capabilities")) || below(name, filepath.Join(dir, "permissions"))
	}
}

// below reports whether a name is that of a folder, or of something in it.
func below(name, dir string) bool {
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}
