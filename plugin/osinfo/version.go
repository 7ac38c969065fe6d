package osinfo

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

const (
	unknown = "Unknown"
	rolling = "Rolling Release"
	// maxVersion bounds the text of a version, in bytes.
	maxVersion = 256
)

// threeNumbers gives a version of one to three numbers as three. Others stay as
// they are, but for what does not belong into a line of text.
func threeNumbers(text string) string {
	text = strings.TrimSpace(text)
	numbers := [3]uint64{}
	parts := strings.Split(strings.TrimSuffix(text, "."), ".")
	if len(parts) > len(numbers) {
		return line(text)
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 64)
		if err != nil {
			return line(text)
		}
		numbers[i] = n
	}
	return fmt.Sprintf("%d.%d.%d", numbers[0], numbers[1], numbers[2])
}

// line is text without what ends or controls a line.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) > maxVersion {
		text = strings.ToValidUTF8(text[:maxVersion], "")
	}
	return text
}

// ofRelease is the version that a file os-release tells, see os-release(5).
func ofRelease(file string) string {
	values := map[string]string{}
	for l := range strings.Lines(file) {
		name, value, ok := strings.Cut(strings.TrimSpace(l), "=")
		if ok && !strings.HasPrefix(name, "#") {
			values[name] = unquote(value)
		}
	}
	switch {
	case values["VERSION_ID"] != "":
		return threeNumbers(values["VERSION_ID"])
	case values["BUILD_ID"] == "rolling":
		return rolling
	}
	return ""
}

// unquote undoes the quotes of a shell's assignment.
func unquote(value string) string {
	if len(value) < 2 || value[0] != value[len(value)-1] || value[0] != '"' && value[0] != '\'' {
		return value
	}
	inner := value[1 : len(value)-1]
	if value[0] == '\'' {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) && strings.IndexByte("\"$`\\", inner[i+1]) >= 0 {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}
