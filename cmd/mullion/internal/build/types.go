package build

import (
	"context"
	"strings"

	"github.com/mullion-dev/mullion/cmd/mullion/internal/generate"
)

// types keeps the TypeScript of the app's commands fresh, which the front end
// is built with.
func (b *builder) types(ctx context.Context) error {
	r, err := generate.Run(ctx, generate.Options{Dir: b.p.Main, Tags: b.tags()})
	if err != nil {
		return err
	}
	for _, name := range r.Written {
		b.t.Say("wrote", "%s", b.name(name))
	}
	for _, w := range r.Warnings {
		if strings.HasPrefix(w, "no TypeScript is written") {
			continue // not every front end wants it
		}
		b.warn("%s", w)
	}
	return nil
}
