package x11

import (
	"testing"
	"time"
)

// judges returns what a client's guard says of a request.
func judges(c *client, b []byte) verdict {
	m := &message{opcode: b[0], second: b[1], data: b, size: len(b)}
	c.name(m)
	return c.judge(m)
}

// stocked returns a client whose window, pixmap and so on have known ids.
func stocked(t *testing.T) (c *client, ids map[string]uint32) {
	t.Helper()
	c, _, _ = loose(nil, nil)
	ids = map[string]uint32{"window": testBase + 1, "bitmap": testBase + 2, "pixmap": testBase + 3, "picture": testBase + 4, "glyphs": testBase + 5, "gc": testBase + 6}
	for _, b := range [][]byte{
		create(ids["window"], testRoot, 0, 0, 9, 9, 0),
		build(53, 1, ids["bitmap"], testRoot, pack(4096, 4096)), build(53, 24, ids["pixmap"], testRoot, pack(1024, 1024)),
		build(129, 4, ids["picture"], ids["pixmap"], 7, 0), build(129, 17, ids["glyphs"], 7), build(55, 0, ids["gc"], testRoot, 0),
	} {
		if v := judges(c, b); v.code != 0 {
			t.Fatalf("%d.%d: %+v", b[0], b[1], v)
		}
	}
	return c, ids
}

// TestStock: whatever a host has the server keep, it has an end, and all is given
// back with its connection.
func TestStock(t *testing.T) {
	next := func(i int) uint32 { return testBase + 1000 + uint32(i) }
	const mega = 1 << 20
	for _, test := range []struct {
		name string
		make func(ids map[string]uint32, i int) [][]byte
		most int
	}{
		{"graphic contexts", func(_ map[string]uint32, i int) [][]byte { return [][]byte{build(55, 0, next(i), testRoot, 0)} }, maxThings},
		{"counters", func(_ map[string]uint32, i int) [][]byte { return [][]byte{build(133, 2, next(i), 0, 0)} }, maxThings},
		{"solid pictures", func(_ map[string]uint32, i int) [][]byte { return [][]byte{build(129, 33, next(i), 0, 0)} }, maxThings},
		{"colormaps", func(_ map[string]uint32, i int) [][]byte { return [][]byte{build(78, 0, next(i), testRoot, 5)} }, maxThings},
		{"properties", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{append(build(18, 0, ids["window"], 1000+uint32(i), 4, 8, mega), make([]byte, mega)...)}
		}, maxStored / mega},
		{"a property that grows", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{append(build(18, 2, ids["window"], 1000, 4, 8, mega), make([]byte, mega)...)}
		}, maxStored / mega},
		{"names of properties", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(18, 0, ids["window"], 1000+uint32(i), 4, 8, 0)}
		}, maxStored / partBytes},
		{"glyphs", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(129, 20, ids["glyphs"], 1, uint32(i), pack(512, 512), 0, 0)}
		}, maxStored / mega},
		{"clips", func(_ map[string]uint32, i int) [][]byte {
			return [][]byte{build(55, 0, next(i), testRoot, 0), append(build(59, 0, next(i), 0), make([]byte, 1<<16)...)}
		}, maxStored >> 16},
		{"shapes of a bitmap", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{create(next(i), ids["window"], 0, 0, 1, 1, 0), build(135, 2, 0, next(i), 0, ids["bitmap"])}
		}, maxStored / (64 * mega)},
		{"clips of a bitmap", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(55, 0, next(i), testRoot, 1<<19, ids["bitmap"])}
		}, maxStored / (64 * mega)},
		{"cursors of a pixmap that it says to be small", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(53, 24, ids["pixmap"], testRoot, pack(1, 1)), build(129, 4, next(2*i), ids["pixmap"], 7, 0), build(129, 27, next(2*i+1), next(2*i), 0)}
		}, maxStored / (8 * mega)},
		{"cursors", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(129, 27, next(i), ids["picture"], 0)}
		}, maxStored / (8 * mega)},
		{"grabs of keys", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(33, 0, ids["window"], pack(i>>8, i&0xff|1<<8), 1)}
		}, maxStored / partBytes},
		{"grabs by XInput", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(130, 54, append([]uint32{0, ids["window"], 0, uint32(i), pack(2, 64), 1<<24 | 1, 1, 1 << 4}, make([]uint32, 64)...)...)}
		}, maxStored / (64 * partBytes)},
		{"news of selections", func(ids map[string]uint32, i int) [][]byte {
			return [][]byte{build(132, 2, ids["window"], uint32(i), 7)}
		}, maxStored / partBytes},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, ids := stocked(t)
			// Most is taken by other connections.
			const others = 7
			stock := &c.guard.stock
			stock.things.Add(maxThings * others / 8)
			stock.stored.Add(maxStored * others / 8)
			most := test.most / 8
			i := 0
			for v := pass; v.code == 0; i++ {
				for _, b := range test.make(ids, i) {
					if v = judges(c, b); v.code != 0 && v.code != badAlloc {
						t.Fatalf("%d: %+v", i, v)
					}
				}
				if i > most {
					t.Fatalf("more than %d", most)
				}
			}
			if i < most/2 {
				t.Errorf("%d and no more, want up to %d", i, most)
			}
			c.leave()
			things, stored := stock.things.Load()-maxThings*others/8, stock.stored.Load()-maxStored*others/8
			if things != 0 || stored != 0 || stock.pixels.Load() != 0 {
				t.Errorf("%d things, %d bytes, %d of pixmaps are left", things, stored, stock.pixels.Load())
			}
		})
	}
}

// TestBells: a host does not make noise without a pause.
func TestBells(t *testing.T) {
	c, _, _ := loose(nil, nil)
	begin, rang := time.Now(), 0
	for range 1000 {
		for _, b := range [][]byte{build(104, 100), build(131, 3, 0, 0, 0, 0, 0, 0)} {
			if v := judges(c, b); v.code == 0 && v.instead == nil {
				rang++
			}
		}
	}
	if most := 1 + int(time.Since(begin)/bellTime); rang == 0 || rang > most {
		t.Errorf("%d of 2000 sounds passed, want %d at most", rang, most)
	}
}

// TestStockIsGivenBack: what a client frees or writes anew counts no more.
func TestStockIsGivenBack(t *testing.T) {
	c, ids := stocked(t)
	things, stored := c.guard.stock.things.Load(), c.guard.stock.stored.Load()
	w := uint32(testBase + 1000)
	for range 1000 {
		for _, b := range [][]byte{
			create(w, testRoot, 0, 0, 9, 9, 0), create(w+1, w, 0, 0, 9, 9, 0),
			append(build(18, 0, w, 1000, 4, 8, 1<<16), make([]byte, 1<<16)...), build(135, 2, 0, w, 0, ids["bitmap"]), build(129, 4, w+2, w, 7, 0),
			build(129, 20, ids["glyphs"], 1, 7, pack(512, 512), 0, 0), build(129, 22, ids["glyphs"], 7),
			build(55, 0, w+3, testRoot, 0), append(build(59, 0, w+3, 0), make([]byte, 1<<16)...), build(60, 0, w+3),
			build(53, 24, w+4, testRoot, pack(1024, 1024)), build(54, 0, w+4), build(4, 0, w),
		} {
			if v := judges(c, b); v.code != 0 {
				t.Fatalf("%d.%d: %+v", b[0], b[1], v)
			}
		}
	}
	if s := &c.guard.stock; s.things.Load() != things || s.stored.Load() != stored {
		t.Errorf("%d things and %d bytes, before %d and %d", s.things.Load(), s.stored.Load(), things, stored)
	}
	// What the server would not free is not given back.
	if judges(c, build(60, 0, ids["bitmap"])); c.guard.stock.things.Load() != things {
		t.Error("a bitmap was freed as a graphic context")
	}
}
