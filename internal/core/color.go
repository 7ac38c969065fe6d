package core

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// colorArg is a colour in one of the forms of the page's API: "#rgb" with 3,
// 4, 6 or 8 digits, a list of 3 or 4 numbers, or an object.
type colorArg [4]uint8

// UnmarshalJSON implements json.Unmarshaler.
func (c *colorArg) UnmarshalJSON(data []byte) error {
	bad := fmt.Errorf("color %.40s: want #rrggbb, [red, green, blue] or {red, green, blue}, with alpha or without", data)
	switch jsontext.Value(data).Kind() {
	case '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		digits, ok := strings.CutPrefix(text, "#")
		if !ok {
			return bad
		}
		if len(digits) == 3 || len(digits) == 4 {
			var b strings.Builder
			for _, d := range digits {
				b.WriteString(strings.Repeat(string(d), 2))
			}
			digits = b.String()
		}
		if len(digits) == 6 {
			digits += "ff"
		}
		n, err := strconv.ParseUint(digits, 16, 32)
		if err != nil || len(digits) != 8 {
			return bad
		}
		*c = colorArg{uint8(n >> 24), uint8(n >> 16), uint8(n >> 8), uint8(n)}
		return nil
	case '[':
		var list []uint8
		var numbers []uint16 // a list of bytes would be read from base64
		if err := json.Unmarshal(data, &numbers); err != nil {
			return bad
		}
		for _, n := range numbers {
			if n > 255 {
				return bad
			}
			list = append(list, uint8(n))
		}
		if len(list) == 3 {
			list = append(list, 255)
		}
		if len(list) != 4 {
			return bad
		}
		*c = colorArg(list)
		return nil
	case '{':
		o := struct {
			Red   *uint8 `json:"red"`
			Green *uint8 `json:"green"`
			Blue  *uint8 `json:"blue"`
			Alpha *uint8 `json:"alpha"`
		}{}
		if err := json.Unmarshal(data, &o, json.RejectUnknownMembers(true)); err != nil || o.Red == nil || o.Green == nil || o.Blue == nil {
			return bad
		}
		*c = colorArg{*o.Red, *o.Green, *o.Blue, 255}
		if o.Alpha != nil {
			c[3] = *o.Alpha
		}
		return nil
	}
	return bad
}
