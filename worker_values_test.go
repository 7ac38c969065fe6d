package mullion_test

import (
	"context"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
)

type span struct {
	Took time.Duration `json:"took"`
	From *url.URL      `json:"from"`
	Data []byte        `json:"data"`
}

var (
	twice = mullion.NewWorker("twice", func(_ context.Context, s span) (span, error) {
		s.Took *= 2
		return s, nil
	}, mullion.WorkerOptions{})
	_ = addWorker(twice)
)

// TestWorkerValues: workers take the same values as commands do.
func TestWorkerValues(t *testing.T) {
	a := newApp(t)
	in := span{time.Second + 1, &url.URL{Scheme: "https", Host: "example.com"}, []byte{1, 0xff}}
	out, err := twice.Call(t.Context(), a.App, in)
	if err != nil || out.Took != 2*in.Took || *out.From != *in.From || string(out.Data) != string(in.Data) {
		t.Errorf("got %+v, %v", out, err)
	}
}

// TestStateValues: so do states, which also refuse what they could never hold.
func TestStateValues(t *testing.T) {
	a := newApp(t)
	s := mullion.NewState(a.App, "span", span{Took: time.Minute}, mullion.StateOptions[span]{Persist: true})
	if got := s.Get(); got.Took != time.Minute || got.From != nil {
		t.Errorf("got %+v", got)
	}
	if err := s.Set(t.Context(), span{Took: -1, Data: []byte{7}}); err != nil {
		t.Fatal(err)
	}
	if got := s.Get(); got.Took != -1 || string(got.Data) != "\a" {
		t.Errorf("got %+v", got)
	}
	// One that is made before Run is an error of Run, which newApp need not have got to.
	other, err := mullion.New(mullion.Options{Config: &config.Config{Identifier: "dev.mullion.bad"}, DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	bad := mullion.NewState(other, "bad", struct{ R io.Reader }{}, mullion.StateOptions[struct{ R io.Reader }]{})
	if err := bad.Set(t.Context(), struct{ R io.Reader }{}); err == nil || !strings.Contains(err.Error(), "a page cannot say which type of Go") {
		t.Errorf("a state of a reader: %v", err)
	}
}
