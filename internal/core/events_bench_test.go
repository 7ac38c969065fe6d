package core_test

import (
	"context"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/ipc"
)

// BenchmarkEvents measures events: those that pages send to a function of the
// app, and those that the app sends to it and to a page.
func BenchmarkEvents(b *testing.B) {
	all := ipc.Target{Kind: ipc.Any}
	b.Run("page to app", func(b *testing.B) {
		p := newPair(b, everything, core.Options{}, nil)
		told := make(chan struct{}, 1<<16)
		if _, err := p.Listen("e", all, func(context.Context, core.CoreEvent) { told <- struct{}{} }); err != nil {
			b.Fatal(err)
		}
		g := p.open("main", core.AppOrigin+"/")
		b.ResetTimer()
		for range b.N {
			g.call(`["plugin:event|emit",{"event":"e","payload":[1,2,3]}]`)
			<-told
		}
	})
	b.Run("app to app", func(b *testing.B) {
		p := newPair(b, everything, core.Options{}, nil)
		told := make(chan struct{}, 1<<16)
		if _, err := p.Listen("e", all, func(context.Context, core.CoreEvent) { told <- struct{}{} }); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			if err := p.Emit(b.Context(), "e", all, jsontext.Value(`[1,2,3]`)); err != nil {
				b.Fatal(err)
			}
			<-told
		}
	})
	b.Run("app to page", func(b *testing.B) {
		p := newPair(b, everything, core.Options{}, nil)
		g := p.open("main", core.AppOrigin+"/")
		g.call(`["plugin:event|listen",{"event":"e","target":{"kind":"Any"},"handler":7}]`)
		b.ReportAllocs()
		b.ResetTimer()
		for range b.N {
			if err := p.Emit(b.Context(), "e", all, jsontext.Value(`[1,2,3]`)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
