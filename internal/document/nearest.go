package document

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Nearest returns at most n of the known names that are close enough to name
// to be what was meant, the closest first. Case, hyphens and underscores make
// no difference, and a name that was cut short is close to the whole. So is one
// without the prefix or the ":default" of an identifier.
func Nearest(name string, known []string, n int) []string {
	const longest = 200 // nothing that long is a slip of the fingers
	if len(name) > longest {
		return nil
	}
	type candidate struct {
		name     string
		distance int
	}
	var found []candidate
	typed := plain(name)
	for _, k := range known {
		word := plain(k)
		d := editDistance(typed, word)
		switch {
		case strings.HasSuffix(k, ":"+name) || k == name+":default":
			d = 0
		case len(name) > 2 && strings.HasPrefix(word, typed):
			d = min(d, 1)
		}
		if d <= max(1, (min(len(typed), len(word))+2)/3) {
			found = append(found, candidate{k, d})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, c := range found[:min(n, len(found))] {
		names = append(names, c.name)
	}
	return names
}

// separators make no difference between words.
var separators = strings.NewReplacer("-", "", "_", "")

func plain(s string) string { return strings.ToLower(separators.Replace(s)) }

// DidYouMean renders suggestions for the end of a message, as in
// ` (did you mean "word"?)`; nothing for none.
func DidYouMean(names ...string) string {
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return " (did you mean " + strings.Join(quoted, " or ") + "?)"
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours, all of single bytes, that turn a into b.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
