package core

import (
	"context"
	"errors"
	"testing"
)

func newTestDocument(c *Core) *document {
	d := &document{webview: &Webview{core: c}}
	d.ctx, d.cancel = context.WithCancelCause(context.Background())
	return d
}

func TestResources(t *testing.T) {
	c := &Core{}
	mine, other := newTestDocument(c), newTestDocument(c)
	closed := 0
	add := func(d *document, shared bool) uint32 {
		t.Helper()
		id, err := c.addResource(d, shared, "value", func() <-chan struct{} { closed++; return nil })
		if err != nil || id == 0 {
			t.Fatalf("resource %d: %v", id, err)
		}
		return id
	}
	own, shared := add(mine, false), add(mine, true)
	for _, test := range []struct {
		name string
		doc  *document
		id   uint32
		want bool
	}{
		{"own", mine, own, true},
		{"of another page", other, own, false},
		{"shared", other, shared, true},
		{"none", mine, 0, false},
	} {
		if _, err := resourceOf[string](c, test.doc, test.id); (err == nil) != test.want {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if _, err := resourceOf[int](c, mine, own); err == nil {
		t.Error("a resource of another type was found")
	}
	if _, err := c.closeResource(other, own); err == nil || closed != 0 {
		t.Error("a page closed what is not its own")
	}
	if _, err := c.closeResource(mine, own); err != nil || closed != 1 {
		t.Errorf("close: %v, closed %d times", err, closed)
	}
	if _, err := c.closeResource(mine, own); err == nil || closed != 1 {
		t.Errorf("closed twice, %d times", closed)
	}
	mine.end(errDocumentClosed)
	if _, err := resourceOf[string](c, other, shared); err == nil || closed != 2 {
		t.Errorf("what was shared outlives its page; closed %d", closed)
	}
	if _, err := c.addResource(mine, false, "late", func() <-chan struct{} { closed++; return nil }); err != nil || closed != 3 || len(c.pageResources.owners) != 0 {
		t.Errorf("a page that has ended keeps a resource: %v, closed %d", err, closed)
	}
}

func TestResourceLimit(t *testing.T) {
	c := &Core{}
	d := newTestDocument(c)
	for range maxResources {
		if _, err := c.addResource(d, false, "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.addResource(d, false, "x", nil); !errors.Is(err, ErrBackpressure) {
		t.Errorf("got %v", err)
	}
}
