package configkeys

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/doctable"
)

// TestLackingOptions: what Linux lacks is refused or named in the log.
func TestLackingOptions(t *testing.T) {
	for _, test := range []struct {
		name, options string
		page          bool
		key           string // of the refusal, or in the log
		refused       bool
	}{
		{"defaults", `{}`, true, "", false},
		{"proxy", `{"proxyUrl": "socks5://127.0.0.1:1"}`, false, "proxyUrl", true},
		{"proxy of a page", `{"proxyUrl": "socks5://127.0.0.1:1"}`, true, "proxyUrl", true},
		{"shadow", `{"shadow": false}`, true, "shadow", false},
		{"data", `{"dataDirectory": "a"}`, false, "dataDirectory", false},
		{"data of a page", `{"dataDirectory": "a"}`, true, "dataDirectory", true},
		{"title bar", `{"titleBarStyle": "Overlay"}`, true, "titleBarStyle", false},
		{"capture", `{"contentProtected": true}`, false, "contentProtected", false},
		{"overflow", `{"preventOverflow": true}`, true, "", false},
		{"not to be opened", `{"create": false}`, false, "", false},
		{"not to be opened, of a page", `{"create": false}`, true, "create", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log bytes.Buffer
			o, err := config.ParseWindow("options", []byte(test.options))
			if err != nil {
				t.Fatal(err)
			}
			err = checkWindow("linux", slog.New(slog.NewTextHandler(&log, nil)), o, test.page)
			if errors.Is(err, errors.ErrUnsupported) != test.refused || err != nil && !strings.Contains(err.Error(), test.key) {
				t.Errorf("got %v", err)
			}
			named := test.key != "" && strings.Contains(log.String(), "option="+test.key)
			if want := test.key != "" && !test.refused; named != want || !want && log.Len() > 0 {
				t.Errorf("log: %q", log.String())
			}
		})
	}
}

// TestWindowsReasons: no option is told on Windows to be one of Windows only, or for a reason of Linux. The reasons are in the
// documents.
func TestWindowsReasons(t *testing.T) {
	known := map[string]bool{}
	var table strings.Builder
	table.WriteString(doctable.Row("option", "why it has no effect") + doctable.Row("---", "---"))
	for _, l := range lackingOptions {
		known[l.key] = true
		why, _ := reason("windows", l.key, l.reason, l.weight)
		if why == onlyWindows || strings.Contains(why, "Linux") || strings.Contains(why, "that of Windows") || strings.Contains(why, "window manager") {
			t.Errorf("%s: on Windows the reason is %q", l.key, why)
		}
		if l.weight != configured && why != onlyMac && why != onlyPhones && why != "" {
			table.WriteString(doctable.Row("`"+l.key+"`", why))
		}
	}
	for key := range onWindows {
		if !known[key] {
			t.Errorf("%s is not in lackingOptions", key)
		}
	}
	doctable.Check(t, "../../docs/systems.md", "options", table.String())

	var log bytes.Buffer
	o, err := config.ParseWindow("options", []byte(`{"windowClassname": "Mine", "hiddenTitle": true, "contentProtected": true}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := checkWindow("windows", slog.New(slog.NewTextHandler(&log, nil)), o, false); err != nil {
		t.Fatal(err)
	}
	if got := log.String(); strings.Contains(got, "contentProtected") || !strings.Contains(got, "level=WARN") || !strings.Contains(got, "the class Mullion") || !strings.Contains(got, "only macOS has it") {
		t.Errorf("log: %s", got)
	}
}

// TestComments: the doc comments of config.Window promise no effect of an option that has none, and no other is said to
// have none.
func TestComments(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../config/window.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{} // by key; those of some fields in a row stand before the first
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Window" {
			return true
		}
		last := ""
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			if f.Doc != nil {
				last = strings.Join(strings.Fields(f.Doc.Text()), " ")
			}
			key, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("conf"), ",")
			comments[key] = last
		}
		return false
	})
	lacking := map[string]bool{}
	for _, l := range lackingOptions {
		own, told := onWindows[l.key]
		lacking[l.key] = l.weight != configured && (own != "" || !told)
	}
	for key, comment := range comments {
		none := strings.HasSuffix(comment, "No effect.") || strings.Contains(comment, "No effect: ") || strings.Contains(comment, "No effect yet.")
		if none != lacking[key] {
			t.Errorf("%s has an effect: %t, and its comment says: %s", key, !lacking[key], comment)
		}
	}
	if len(comments) < len(lacking) {
		t.Errorf("%d comments", len(comments))
	}
}
