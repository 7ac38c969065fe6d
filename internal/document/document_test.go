package document

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// parse returns the JSON of a document, or the first problem.
func parse(f Format, data string) (string, *Problem) {
	var p Problems
	n := Parse(&p, &Source{Name: "x", Format: f}, []byte(data))
	if list := p.List(); len(list) > 0 {
		return "", list[0]
	}
	return string(n.JSON()), nil
}

func TestRead(t *testing.T) {
	tests := []struct {
		format   Format
		in, want string
	}{
		{JSON, " {\"a\": [1.50, -0, 1E+2, true, false, null, \"\\u00e9\\ud83d\\ude00\\/\"]}\r\n", `{"a":[1.50,-0,1E+2,true,false,null,"é😀/"]}`},
		{JSON, "\ufeff[]", `[]`},
		{JSON, "\"\x7f\u2028\"", "\"\x7f\u2028\""},
		{JSON5, `{}`, `{}`},
		{JSON5, " [ ] ", `[]`},
		{JSON5, "// first\n{a: 1, /* two */ 'b': \"x\",}// end", `{"a":1,"b":"x"}`},
		{JSON5, "[1,2,]", `[1,2]`},
		{JSON5, "{$a_1: null, é: true, 'c d': false}", `{"$a_1":null,"é":true,"c d":false}`},
		{JSON5, "{null: 1, Infinity: 2}", `{"null":1,"Infinity":2}`},
		{JSON5, "'it\\'s \"so\"'", `"it's \"so\""`},
		{JSON5, `'\x41\u00e9\ud83d\ude00\0\v\q'`, "\"Aé😀\\u0000\\u000bq\""},
		{JSON5, "'a\\\nb\\\r\nc'", `"abc"`},
		{JSON5, "'\u2028'", "\"\u2028\""},
		{JSON5, "[0x1F, -0xff, +5, .5, 5., -.5e3, 1E+2, 0, -0]", `[31,-255,5,0.5,5,-0.5e3,1E+2,0,-0]`},
		{JSON5, "0xFFFFFFFFFFFFFFFFFF", `4722366482869645213695`},
		{JSON5, "\ufeff\u00a0\v\f{\u2029}", `{}`},
		{TOML, "", `{}`},
		{TOML, "a.b = 1_000\n[[c]]\nd = [0x1f, +2.5, 0o17, true]\n[[c]]\n[c.e]\nf = { g = 'h', 'i j' = [[]] }", `{"a":{"b":1000},"c":[{"d":[31,2.5,15,true]},{"e":{"f":{"g":"h","i j":[[]]}}}]}`},
	}
	for _, tt := range tests {
		got, problem := parse(tt.format, tt.in)
		if problem != nil || got != tt.want {
			t.Errorf("%q: got %s, %v, want %s", tt.in, got, problem, tt.want)
		}
	}
}

// TestRefuse: the place, and what to write instead.
func TestRefuse(t *testing.T) {
	deep := strings.Repeat("[", MaxDepth+1)
	tests := []struct {
		format   Format
		in, want string
	}{
		{JSON, "{\n  // hi\n}", "x:2:3: JSON has no comments: remove it, or give the file the ending .json5"},
		{JSON, "{\"a\": /* hi */ 1}", "x:1:7: JSON has no comments"},
		{JSON, "{\"a\": 1,\n}", "x:1:8: JSON has no trailing commas: remove it"},
		{JSON, "[1,]", "x:1:3: JSON has no trailing commas"},
		{JSON, "{'a': 1}", "x:1:2: JSON has no strings in single quotes: use double quotes"},
		{JSON, "{a: 1}", "x:1:2: JSON has no bare keys: put it in double quotes"},
		{JSON, "[+1]", "x:1:2: JSON has no numbers with a plus sign"},
		{JSON, "[0x1]", "x:1:2: JSON has no hexadecimal numbers"},
		{JSON, "[.5]", "JSON has no numbers that begin or end with a point"},
		{JSON, "[5.]", "JSON has no numbers that begin or end with a point"},
		{JSON, "\"\t\"", `x:1:2: control character in a string: write it as \u0009`},
		{JSON, `"C:\dir"`, `x:1:4: unknown escape \d: a backslash itself is written \\`},
		{JSON, "[1\u00a0]", "x:1:3: want ',' or ']', not '\\u00a0'"},
		{JSON, "{\"a\":", "x:1:6: the file ends too early: want a value"},
		{JSON, "{\"a\": 1", "x:1:8: the file ends too early: want ',' or '}'"},
		{JSON, "{", "x:1:2: the file ends too early: want a key or '}'"},
		{JSON, "{\"a\": yes}", `x:1:7: want a value, not "yes": text stands in double quotes`},
		{JSON, " \n", "x:2:1: empty file: want an object"},
		{JSON, "{} {}", "x:1:4: '{' after the end of the document: remove it"},
		{JSON, "{\"a\": \"\xff\"}", "x:1:8: invalid UTF-8: save the file as UTF-8"},
		{JSON, "{\"a\": 1,\n \"a\": 2}", "x:2:2: a: key given twice"},
		{JSON, `{"a": {"b c": [{"d": 1, "d": 1}]}}`, `x:1:25: a["b c"][0].d: key given twice`},
		{JSON, deep, "x:1:65: nested deeper than 64 levels"},
		{JSON, strings.Repeat(" ", MaxSize+1), "x:1:1: more than 1048576 bytes"},
		{JSON5, "{a: 1,\n b: 2, a: 3}", "x:2:8: a: key given twice"},
		{JSON5, `{a: 1, "\x61": 2}`, "key given twice"},
		{JSON5, "Infinity", "x:1:1: the number Infinity has no counterpart in JSON"}, {JSON5, "-Infinity", "no counterpart"}, {JSON5, "+NaN", "no counterpart"}, {JSON5, "NaN", "no counterpart"},
		{JSON5, "01", "x:1:1: number with a leading zero"}, {JSON5, "1.2.3", "runs into"}, {JSON5, "1a", "runs into"}, {JSON5, "0x", "hexadecimal"}, {JSON5, "0xg", "hexadecimal"}, {JSON5, ".", "want a number"}, {JSON5, "1e", "exponent"}, {JSON5, "+-1", "want a number"},
		{JSON5, "[1 2]", "want ','"}, {JSON5, "[,]", "want a value"}, {JSON5, "[1,,2]", "want a value"}, {JSON5, "{,}", "want a key"}, {JSON5, "{a}", "want ':'"}, {JSON5, "{a:}", "want a value"},
		{JSON5, "{1:2}", "want a key"}, {JSON5, `{\u0061: 1}`, "escape in a key without quotes"},
		{JSON5, "'abc", "x:1:1: the string is not closed"}, {JSON5, "'a\nb'", "x:1:3: the string is not closed on its line"}, {JSON5, `'\`, "not closed"}, {JSON5, `'\1'`, "octal"}, {JSON5, `'\01'`, "octal"}, {JSON5, `'\x4'`, "hexadecimal"}, {JSON5, `'\u12'`, "hexadecimal"},
		{JSON5, `'\ud800'`, "surrogate"}, {JSON5, `'\udc00'`, "surrogate"}, {JSON5, `'\ud800\u0041'`, "surrogate"},
		{JSON5, "/* a", "x:1:1: comment is not closed"}, {JSON5, "undefined", "want a value"}, {JSON5, "'\x00\xfe'", "invalid UTF-8"},
		{JSON5, deep, "nested deeper"},
		{TOML, "a = 1\nb = \n", "x:2:"},
		{TOML, "a = 1\na = 2\n", "x:2:1:"},
		{TOML, "a = [\n  inf]", "x:2:3: the number inf has no counterpart in JSON"},
		{TOML, "a = 2020-01-02", "x:1:5: the date 2020-01-02 has no counterpart in JSON: put it in quotes"},
		{TOML, "\nx = " + deep, "x:2:1: nested deeper"},
		{TOML, strings.Repeat("a.", MaxDepth+1) + "a = 1", "nested deeper"},
	}
	for _, tt := range tests {
		if got, problem := parse(tt.format, tt.in); problem == nil || !strings.Contains(problem.Error(), tt.want) {
			t.Errorf("%.80q: got %s, %v, want %s", tt.in, got, problem, tt.want)
		}
	}
	if _, problem := parse(JSON, deep[1:]+strings.Repeat("]", MaxDepth)); problem != nil {
		t.Errorf("%d levels: %v", MaxDepth, problem)
	}
}

// TestGoesOn: what does not keep the rest from being read hides nothing.
func TestGoesOn(t *testing.T) {
	var p Problems
	n := Parse(&p, &Source{Name: "x", Format: JSON5}, []byte("{a: 1, a: 2,\n b: {c: 1, c: 2}}"))
	var got []string
	for _, problem := range p.List() {
		got = append(got, problem.Error())
	}
	want := []string{"x:1:8: a: key given twice", "x:2:12: b.c: key given twice"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if text := string(n.JSON()); text != `{"a":1,"b":{"c":1}}` {
		t.Errorf("got %s", text)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"height", "width", "minWidth", "bundle", "core:window:default", "fs:allow-read"}
	tests := []struct {
		name string
		want []string
	}{
		{"hieght", []string{"height"}},
		{"min-width", []string{"minWidth"}},
		{"MINWIDTH", []string{"minWidth"}},
		{"widht", []string{"width"}},
		{"bun", []string{"bundle"}},
		{"allow-read", []string{"fs:allow-read"}},
		{"core:window", []string{"core:window:default"}},
		{"xyzzy", nil},
		{strings.Repeat("height", 100), nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Nearest(tt.name, known, 1)); diff != "" {
			t.Errorf("%.20s: -want +got:\n%s", tt.name, diff)
		}
	}
	if got, want := DidYouMean("a", "b"), ` (did you mean "a" or "b"?)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// places checks that every node has a place within data.
func places(t *testing.T, n *Node, lines int) {
	t.Helper()
	if n.Pos.Source == nil || n.Pos.Line < 1 || n.Pos.Line > lines || n.Pos.Column < 1 {
		t.Fatalf("%s at %+v", n.JSON(), n.Pos)
	}
	for _, item := range n.Items {
		places(t, item, lines)
	}
	for _, m := range n.Members {
		places(t, m.Value, lines)
	}
}

// FuzzJSON: what is read strictly is what any parser of JSON reads, and what
// JSON is, is read.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"identifier":"main","windows":["*"],"n":[null,true,1.5e-3,"\ud83d\ude00"]}`))
	f.Add([]byte("{\"a\": [1,], // \n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Problems
		n := Parse(&p, &Source{Name: "x"}, data)
		plain := jsontext.Value(bytes.TrimPrefix(bytes.Clone(data), []byte("\ufeff")))
		if p.Len() > 0 {
			problem := p.List()[0].Problem
			if plain.IsValid() && !strings.Contains(problem, "nested deeper") && !strings.Contains(problem, "bytes") {
				t.Fatalf("%q is JSON, but: %s", data, problem)
			}
			return
		}
		if !plain.IsValid() {
			t.Fatalf("%q is not JSON, but was read as %s", data, n.JSON())
		}
		got := n.JSON()
		if plain.Canonicalize() == nil && got.Canonicalize() == nil && !bytes.Equal(plain, got) {
			t.Errorf("%q: got %s, want %s", data, got, plain)
		}
		places(t, n, bytes.Count(data, []byte("\n"))+1)
	})
}

func FuzzJSON5(f *testing.F) {
	f.Add([]byte("// c\n{a: 1, 'b': [0x1f, +.5, -1e3,], /**/ \"c\": '\\x41\\\n'}"))
	f.Add([]byte(`{"identifier":"main","windows":["*"],"n":[null,true,1.5e-3,"\ud83d\ude00"]}`))
	f.Add([]byte("{$a_1: null,}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Problems
		n := Parse(&p, &Source{Name: "x", Format: JSON5}, data)
		checkProblems(t, &p)
		if p.Len() > 0 {
			// Strict JSON is JSON5.
			var strict Problems
			if Parse(&strict, &Source{Name: "x"}, data); strict.Len() == 0 {
				t.Fatalf("%q is JSON, but: %v", data, p.List()[0])
			}
			return
		}
		got := n.JSON()
		if !got.IsValid() {
			t.Fatalf("%q became %q, which is not JSON", data, got)
		}
		if again, problem := parse(JSON, string(got)); problem != nil || again != string(got) {
			t.Errorf("%q: output %q is read as %s, %v", data, got, again, problem)
		}
		places(t, n, bytes.Count(data, []byte("\n"))+1)
	})
}

func FuzzTOML(f *testing.F) {
	f.Add([]byte("a.b = 1_000\n[[c]]\nd = [0x1f, +2.5, 0o17, true, 2020-01-01]\n[[c]]\n[c.e]\nf = { g = 'h', 'i j' = [[]] }"))
	f.Add([]byte("a = \"\"\"\nx\\\n  y\"\"\" # c\n[b]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Problems
		n := Parse(&p, &Source{Name: "x", Format: TOML}, data)
		checkProblems(t, &p)
		if p.Len() > 0 {
			return
		}
		var v any
		if err := json.Unmarshal(n.JSON(), &v); err != nil {
			t.Fatalf("%q became %q: %v", data, n.JSON(), err)
		}
		places(t, n, bytes.Count(data, []byte("\n"))+1)
	})
}

func checkProblems(t *testing.T, p *Problems) {
	t.Helper()
	for _, problem := range p.List() {
		if problem.Line < 1 || problem.Column < 1 || problem.Problem == "" || !utf8.ValidString(problem.Error()) {
			t.Errorf("got %#v", problem)
		}
	}
}
