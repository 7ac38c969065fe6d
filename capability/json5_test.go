package capability

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestJSON5(t *testing.T) {
	tests := []struct{ in, want string }{
		{`{}`, `{}`},
		{" [ ] ", `[]`},
		{"// first\n{a: 1, /* two */ 'b': \"x\",}// end", `{"a":1,"b":"x"}`},
		{"[1,2,]", `[1,2]`},
		{"{$a_1: null, é: true, 'c d': false}", `{"$a_1":null,"é":true,"c d":false}`},
		{"{null: 1, Infinity: 2}", `{"null":1,"Infinity":2}`},
		{"'it\\'s \"so\"'", `"it's \"so\""`},
		{`'\x41\u00e9\ud83d\ude00\0\v\q'`, "\"Aé😀\\u0000\\u000bq\""},
		{"'a\\\nb\\\r\nc'", `"abc"`},
		{"'\u2028'", "\"\u2028\""},
		{"[0x1F, -0xff, +5, .5, 5., -.5e3, 1E+2, 0, -0]", `[31,-255,5,0.5,5,-0.5e3,1e+2,0,-0]`},
		{"0xFFFFFFFFFFFFFFFFFF", `4722366482869645213695`},
		{"\ufeff\u00a0\v\f{\u2029}", `{}`},
	}
	for _, test := range tests {
		got, err := convertJSON5([]byte(test.in))
		if err != nil || string(got) != test.want {
			t.Errorf("%q: got %s, %v, want %s", test.in, got, err, test.want)
		}
	}
}

func TestJSON5Errors(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "line 1, column 1: want a value, have end of file"},
		{"{a: 1,\n b: 2, a: 3}", `line 2, column 8: key "a" is given twice`},
		{`{a: 1, "\x61": 2}`, `given twice`},
		{"Infinity", "no JSON form"}, {"-Infinity", "no JSON form"}, {"+NaN", "no JSON form"}, {"NaN", "no JSON form"},
		{"01", "leading zero"}, {"1.2.3", "runs into"}, {"1a", "runs into"}, {"0x", "hexadecimal"}, {"0xg", "hexadecimal"}, {".", "want a number"}, {"1e", "exponent"}, {"+-1", "want a number"},
		{"[1 2]", "want ','"}, {"[,]", "want a value"}, {"[1,,2]", "want a value"}, {"{,}", "want a key"}, {"{a}", "want ':'"}, {"{a:}", "want a value"},
		{"{1:2}", "want a key"}, {`{\u0061: 1}`, "escape in an unquoted key"},
		{"'abc", "not closed"}, {"'a\nb'", "line end"}, {`'\`, "not closed"}, {`'\1'`, "octal"}, {`'\01'`, "octal"}, {`'\x4'`, "hexadecimal"}, {`'\u12'`, "hexadecimal"},
		{`'\ud800'`, "surrogate"}, {`'\udc00'`, "surrogate"}, {`'\ud800\u0041'`, "surrogate"},
		{"/* a", "comment is not closed"}, {"{} {}", "after the document"}, {"undefined", "want a value"}, {"\xff", "invalid UTF-8"}, {"'\x00\xfe'", "invalid UTF-8"},
		{strings.Repeat("[", maxDepth+1), "nested deeper"},
	}
	for _, test := range tests {
		got, err := convertJSON5([]byte(test.in))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %s, %v, want error %q", test.in, got, err, test.want)
		}
	}
	deep := strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth)
	if _, err := convertJSON5([]byte(deep)); err != nil {
		t.Errorf("%d levels: %v", maxDepth, err)
	}
}

func FuzzJSON5(f *testing.F) {
	f.Add([]byte("// c\n{a: 1, 'b': [0x1f, +.5, -1e3,], /**/ \"c\": '\\x41\\\n'}"))
	f.Add([]byte(`{"identifier":"main","windows":["*"],"n":[null,true,1.5e-3,"\ud83d\ude00"]}`))
	f.Add([]byte("{$a_1: null,}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := convertJSON5(data)
		if err == nil && !got.IsValid() {
			t.Fatalf("%q became %q, which is not JSON", data, got)
		}
		// Strict JSON is JSON5, and keeps its value.
		plain := jsontext.Value(bytes.Clone(data))
		if checkDepth(data) != nil || !plain.IsValid() {
			return
		}
		if err != nil {
			t.Fatalf("%q is JSON, but: %v", data, err)
		}
		if plain.Canonicalize() == nil && got.Canonicalize() == nil && !bytes.Equal(plain, got) {
			t.Errorf("%q: got %s, want %s", data, got, plain)
		}
		again, err := convertJSON5(got)
		if err != nil || !again.IsValid() {
			t.Errorf("%q: output %q is refused: %v", data, got, err)
		}
	})
}
