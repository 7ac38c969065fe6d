package main

import (
	"bufio"
	"cmp"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// What is indexed: so many files, and so many bytes of each.
const (
	mostFiles = 20_000
	mostBytes = 64 << 10
)

// index says which words are in which files.
type index struct {
	mu    sync.RWMutex
	paths []string         // guarded by mu
	words map[string][]int // guarded by mu; places in paths, ascending
}

func newIndex() *index { return &index{words: map[string][]int{}} }

// add reads a file. What is no text is found by its name alone, and what
// cannot be read is left out. It reports whether there is room for more.
func (x *index) add(path string) bool {
	text, err := beginning(path)
	if err != nil {
		return true
	}
	set := map[string]bool{}
	for _, w := range split(filepath.Base(path) + " " + text) {
		set[w] = true
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.paths) >= mostFiles {
		return false
	}
	for w := range set {
		x.words[w] = append(x.words[w], len(x.paths))
	}
	x.paths = append(x.paths, path)
	return true
}

// beginning returns the first text of a regular file, or nothing if it has
// none.
func beginning(path string) (string, error) {
	if i, err := os.Lstat(path); err != nil || !i.Mode().IsRegular() {
		return "", fs.ErrInvalid
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, mostBytes))
	if err != nil {
		return "", err
	}
	if len(b) == mostBytes { // it may end in the middle of a letter
		b = b[:len(b)-utf8.UTFMax]
	}
	if !utf8.Valid(b) || slices.Contains(b, 0) {
		return "", nil
	}
	return string(b), nil
}

// split returns the words of a text.
func split(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func (x *index) size() (files, words int) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.paths), len(x.words)
}

// find returns the files that have a word beginning with each word of the
// query.
func (x *index) find(query string) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	asked := split(query)
	hits := map[int]int{} // how many of the words each file has
	for i, prefix := range asked {
		for w, places := range x.words {
			if !strings.HasPrefix(w, prefix) {
				continue
			}
			for _, p := range places {
				if hits[p] == i {
					hits[p]++
				}
			}
		}
	}
	paths := []string{}
	for p, n := range hits {
		if n == len(asked) {
			paths = append(paths, x.paths[p])
		}
	}
	slices.Sort(paths)
	return paths
}

// walk yields the files below a folder, but no hidden ones.
func walk(folder string) iter.Seq[string] {
	return func(yield func(string) bool) {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil && d != nil && d.IsDir():
				return fs.SkipDir // not to be read
			case err != nil:
				return nil
			case path != folder && strings.HasPrefix(d.Name(), ".") && d.IsDir():
				return fs.SkipDir
			case d.IsDir() || strings.HasPrefix(d.Name(), "."):
				return nil
			case !yield(path):
				return fs.SkipAll
			}
			return nil
		})
	}
}

// lines yields what is read, line by line.
func lines(r io.Reader) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s := bufio.NewScanner(r); s.Scan() && yield(s.Text()); {
		}
	}
}

// suggest returns words that are worth looking for: long ones that are in many
// files, but not in most.
func (x *index) suggest(n int) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	words := []string{}
	for w, in := range x.words {
		letters := utf8.RuneCountInString(w)
		if letters >= 6 && letters <= 14 && 2*len(in) <= max(len(x.paths), 4) && !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }) {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(x.words[b]), len(x.words[a])), strings.Compare(a, b))
	})
	return words[:min(n, len(words))]
}
