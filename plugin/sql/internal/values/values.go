// Package values makes JSON of what databases on servers say as text.
//
// Dates and times have the form that the published plugin gives them, which is
// that of the Rust crate time: 2026-01-02, 3:04:05.6, 2026-01-02 3:04:05.0 and
// 2026-01-02 3:04:05.0 +00:00:00, with hours as they are and at least one digit of
// a second's parts.
package values

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/plugin/sql"
)

// Number appends an integer or a decimal number. What is too large for a float64
// or no number at all stays text.
func Number(text []byte, v string) []byte {
	if i, err := strconv.ParseInt(v, 10, 64); err == nil {
		return sql.AppendInt(text, i)
	}
	if u, err := strconv.ParseUint(v, 10, 64); err == nil {
		return strconv.AppendUint(text, u, 10)
	}
	if f, err := strconv.ParseFloat(v, 64); err == nil && f-f == 0 {
		return sql.AppendFloat(text, f, 64)
	}
	return sql.AppendText(text, []byte(v))
}

// Float appends a number with a floating point, of 32 or 64 bits; one that is
// infinite or none is null.
func Float(text []byte, v string, bits int) []byte {
	f, err := strconv.ParseFloat(v, bits)
	if err != nil {
		return sql.AppendNull(text)
	}
	return sql.AppendFloat(text, f, bits)
}

// JSON appends a value that is JSON in the database. Of a key that is there twice
// the last one counts.
func JSON(text, v []byte) []byte {
	if j := jsontext.Value(v).Clone(); j.IsValid() && j.Compact() == nil {
		return append(text, j...)
	}
	var x any
	if json.Unmarshal(v, &x, jsontext.AllowDuplicateNames(true)) == nil {
		if j, err := json.Marshal(x); err == nil {
			return append(text, j...)
		}
	}
	return sql.AppendText(text, v)
}

// Date, Time and DateTime append dates and times of the ISO form. Those that have
// no other form, such as infinity and dates before Christ, stay as they are.
func Date(text []byte, v string) []byte { return sql.AppendText(text, []byte(v)) }

// Time is described at [Date].
func Time(text []byte, v string) []byte {
	if t, ok := clock(v); ok {
		v = t
	}
	return sql.AppendText(text, []byte(v))
}

// DateTime is described at [Date]. zone is whether it is one with a zone, which
// both databases are told to say in UTC.
func DateTime(text []byte, v string, zone bool) []byte {
	plain := strings.TrimSuffix(v, "+00")
	if date, t, ok := strings.Cut(plain, " "); ok {
		if t, ok := clock(t); ok {
			v = date + " " + t
			if zone {
				v += " +00:00:00"
			}
		}
	}
	return sql.AppendText(text, []byte(v))
}

// clock is a time such as 03:04:05.600 in the form of the crate.
func clock(v string) (string, bool) {
	var h, m, s int
	whole, parts, _ := strings.Cut(v, ".")
	if n, err := fmt.Sscanf(whole, "%d:%d:%d", &h, &m, &s); n != 3 || err != nil || h < 0 || len(whole) != len("00:00:00") {
		return "", false
	}
	if strings.Trim(parts, "0123456789") != "" {
		return "", false
	}
	if parts = strings.TrimRight(parts, "0"); parts == "" {
		parts = "0"
	}
	return fmt.Sprintf("%d:%02d:%02d.%s", h, m, s, parts), true
}
