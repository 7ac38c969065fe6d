package entry

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// maxFile bounds the files that are read, in bytes.
const maxFile = 4 << 20

// File is a file of groups with keys, as desktop entries and mimeapps.list are.
// What is not changed stays as it is, byte by byte.
type File struct{ lines []string }

// Read reads a file; one that is not there is empty.
func Read(path string) (*File, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return &File{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("%s is no file", path))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxFile)
	}
	return Parse(string(text)), nil
}

// Parse reads a text.
func Parse(text string) *File {
	f := &File{}
	for line := range strings.Lines(text) {
		f.lines = append(f.lines, line)
	}
	return f
}

// Text is what the file has.
func (f *File) Text() []byte { return []byte(strings.Join(f.lines, "")) }

// find returns where the group begins, behind its name, and ends, and the line of
// a key, -1 if there is none. The first group of that name counts.
func (f *File) find(group, key string) (begin, end, at int) {
	begin, end, at = -1, len(f.lines), -1
	for i, line := range f.lines {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "["):
			if begin >= 0 {
				return begin, i, at
			}
			if text == "["+group+"]" {
				begin = i + 1
			}
		case begin >= 0 && at < 0:
			if k, _, ok := strings.Cut(text, "="); ok && strings.TrimSpace(k) == key {
				at = i
			}
		}
	}
	return begin, end, at
}

// Get returns the value of a key as it is written.
func (f *File) Get(group, key string) (value string, ok bool) {
	_, _, at := f.find(group, key)
	if at < 0 {
		return "", false
	}
	_, value, _ = strings.Cut(f.lines[at], "=")
	return strings.TrimSpace(value), true
}

// Set sets a key to a value as it is written, and adds what is missing.
func (f *File) Set(group, key, value string) {
	begin, end, at := f.find(group, key)
	line := key + "=" + value + "\n"
	if at >= 0 {
		f.lines[at] = line
		return
	}
	if n := len(f.lines); n > 0 && !strings.HasSuffix(f.lines[n-1], "\n") {
		f.lines[n-1] += "\n"
	}
	if begin < 0 {
		if len(f.lines) > 0 {
			f.lines = append(f.lines, "\n")
		}
		f.lines = append(f.lines, "["+group+"]\n", line)
		return
	}
	for end > begin && strings.TrimSpace(f.lines[end-1]) == "" {
		end--
	}
	f.lines = slices.Insert(f.lines, end, line)
}

// Delete removes a key.
func (f *File) Delete(group, key string) {
	if _, _, at := f.find(group, key); at >= 0 {
		f.lines = slices.Delete(f.lines, at, at+1)
	}
}

// List is the value of a key as a list.
func (f *File) List(group, key string) (items []string) {
	value, _ := f.Get(group, key)
	for item := range strings.SplitSeq(value, ";") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// SetList sets a key to a list, and removes it if that is empty.
func (f *File) SetList(group, key string, items []string) {
	if len(items) == 0 {
		f.Delete(group, key)
		return
	}
	f.Set(group, key, strings.Join(items, ";")+";")
}
