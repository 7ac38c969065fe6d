package ipc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"text/template"
)

// TestPrivateIsNotShown: what prints values shows nothing of a private one.
func TestPrivateIsNotShown(t *testing.T) {
	const word = "hunter2"
	s := secret{Text: word}
	type holder struct {
		Key  secret
		Keys []secret
		Any  any
	}
	values := map[string]any{
		"value": s, "pointer": &s, "list": []secret{s}, "map": map[string]secret{"a": s}, "any": []any{s},
		"field": holder{s, []secret{s}, &s}, "pointer to field": &holder{Key: s},
	}
	for name, v := range values {
		shown := map[string]string{
			"panic":      fmt.Sprint(v),
			"error":      fmt.Errorf("not with %v, %w", v, errors.New("at all")).Error(),
			"slog value": slog.AnyValue(v).Resolve().String(),
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			shown[verb] = fmt.Sprintf(verb, v)
		}
		var text, record bytes.Buffer
		slog.New(slog.NewTextHandler(&text, nil)).Info("seen", "key", v, slog.Group("g", "key", v))
		slog.New(slog.NewJSONHandler(&record, nil)).With("key", v).Info("seen")
		shown["slog text"], shown["slog JSON"] = text.String(), record.String()
		var page strings.Builder
		_ = template.Must(template.New("").Parse("{{.}}")).Execute(&page, v)
		shown["template"] = page.String()
		b, _ := xml.Marshal(v)
		shown["XML"] = string(b)
		if _, err := Marshal(v); !errors.Is(err, ErrPrivate) {
			t.Errorf("%s: Marshal: %v", name, err)
		} else {
			shown["error of Marshal"] = err.Error()
		}
		for how, text := range shown {
			if strings.Contains(text, word) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", word)) {
				t.Errorf("%s by %s: %s", name, how, text)
			}
		}
	}
	if got := fmt.Sprintf("%+v", holder{Key: s}.Key); got != "(private)" {
		t.Errorf("got %q", got)
	}
}
