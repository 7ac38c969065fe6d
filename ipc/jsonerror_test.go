package ipc_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/ipc"
)

func TestExplainJSON(t *testing.T) {
	type options struct {
		Flag  bool                   `json:"flag"`
		Small uint8                  `json:"small"`
		List  []struct{ N *float64 } `json:"list"`
		Text  string                 `json:"text"`
	}
	for _, test := range []struct{ text, want string }{
		{`{"flag":7}`, `options: a number does not fit: want true or false, at "/flag"`},
		{`{"small":256}`, `options: the number 256 does not fit: want a whole number from 0 to 255, at "/small"`},
		{`{"small":1.5}`, `options: the number 1.5 does not fit: want a whole number from 0 to 255, at "/small"`},
		{`{"list":[{"N":"NaN"}]}`, `options: a string does not fit: want a number, at "/list/0/N"`},
		{`{"list":{}}`, `options: an object does not fit: want an array, at "/list"`},
		{`{"text":null,"text":[]}`, `options: duplicate object member name, at "/text"`},
		{`{"new":1}`, `options: there is no such key, at "/new"`},
		{`[]`, `options: an array does not fit: want an object`},
		{`{"` + strings.Repeat("x", 1000) + `":1}`, `options: there is no such key, at "/` + strings.Repeat("x", 99) + `…"`},
	} {
		var o options
		err := fmt.Errorf("options: %w", json.Unmarshal([]byte(test.text), &o, json.RejectUnknownMembers(true)))
		got := ipc.ExplainJSON(err)
		if got.Error() != test.want {
			t.Errorf("%.100s: got %s, want %s", test.text, got, test.want)
		}
		if !errors.Is(got, err) {
			t.Errorf("%.100s: the error itself is lost", test.text)
		}
	}
	if err := errors.New("other"); ipc.ExplainJSON(err) != err {
		t.Error("an error that is not of JSON was changed")
	}
}
