package build

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/gocmd"
)

// Part is what a module has in a program, in bytes. The runtime's tables and
// what has no name are parts too.
type Part struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"`
}

// The parts that are no modules.
const (
	standardPart = "standard library"
	embedPart    = "embedded files"
	restPart     = "tables for stack traces and types, and data"
)

// parts tells what a program is made of: it links it with symbols, and asks go
// tool nm.
func (b *builder) parts(ctx context.Context, t Target, total int64) ([]Part, error) {
	dir, err := os.MkdirTemp("", "mullion-build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "program")
	if err := b.compile(ctx, t, file, true); err != nil {
		return nil, err
	}
	symbols, err := gocmd.Run(ctx, dir, nil, "tool", "nm", "-size", file)
	if err != nil {
		return nil, err
	}
	packages, err := gocmd.Packages(ctx, b.p.Main, t.env(), b.tags())
	if err != nil {
		return nil, err
	}
	module := map[string]string{"main": ""}
	sizes := map[string]int64{}
	for _, p := range packages {
		name := standardPart
		if p.Module != nil {
			name = p.Module.Path
		}
		module[p.ImportPath] = name
		if !p.DepOnly {
			module["main"] = name
		}
		for _, f := range p.EmbedFiles {
			if info, err := os.Stat(filepath.Join(p.Dir, f)); err == nil {
				sizes[embedPart] += info.Size()
			}
		}
	}
	for lines := bufio.NewScanner(bytes.NewReader(symbols)); lines.Scan(); {
		// address size type name
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || !slices.Contains([]string{"T", "t", "R", "r"}, fields[2]) {
			continue // data, which may take no room in the file
		}
		size, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			continue
		}
		if name, ok := module[packageOf(fields[3])]; ok {
			sizes[name] += size
		}
	}
	var list []Part
	rest := total
	for name, size := range sizes {
		list = append(list, Part{name, size})
		rest -= size
	}
	list = append(list, Part{restPart, max(rest, 0)})
	slices.SortFunc(list, func(a, b Part) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name)) })
	return list, nil
}

// packageOf returns the import path of a symbol's package.
func packageOf(symbol string) string {
	symbol = strings.TrimPrefix(symbol, "type:.eq.")
	slash := strings.LastIndexByte(symbol, '/')
	if i := strings.IndexAny(symbol, "[("); i >= 0 && i < slash {
		slash = strings.LastIndexByte(symbol[:i], '/') // of a type argument
	}
	dot := strings.IndexByte(symbol[slash+1:], '.')
	if dot < 0 {
		return ""
	}
	return strings.ReplaceAll(symbol[:slash+1+dot], "%2e", ".")
}
