package x11

import (
	"slices"
	"testing"
)

// TestOpenGL: what a toolkit asks for before it draws by OpenGL itself is
// answered as the server does, which hears of no context that it could draw with.
func TestOpenGL(t *testing.T) {
	if major, _ := newHost(t, Config{}).connect(t).opcode("GLX"); major != 0 {
		t.Error("a host that was not granted it sees GLX")
	}
	const (
		createNewContext, destroyContext, isDirect, queryVersion, serverString, configs, createWindow, readPixels = 24, 4, 6, 7, 19, 21, 31, 111

		rgba, configID = 0x8014, 0x8013
	)
	seen := map[string]int{}
	for name, p := range map[string]*peer{"server": outside(t), "guard": newHost(t, Config{OpenGL: true}).connect(t)} {
		major, _ := p.opcode("GLX")
		if major == 0 {
			t.Fatalf("the %s has no GLX", name)
		}
		if r, code := p.ask(build(major, queryVersion, 1, 4)); code != 0 || order.Uint32(r[8:]) != 1 {
			t.Errorf("%s: version %v, error %d", name, r, code)
		}
		if name == "guard" {
			r, _ := p.ask(build(major, queryVersion, 1, 4))
			if r[1] != 0 || slices.ContainsFunc(r[16:32], func(b byte) bool { return b != 0 }) {
				t.Errorf("the reply tells what was in the server's memory: % x", r)
			}
		}
		if r, code := p.ask(build(major, serverString, 0, 3)); code != 0 || len(r) < 100 {
			t.Errorf("%s: %d bytes of extensions, error %d", name, len(r), code)
		}
		r, code := p.ask(build(major, configs, 0))
		if code != 0 || len(r) < 1000 {
			t.Fatalf("%s: %d bytes of configurations, error %d", name, len(r), code)
		}
		seen[name] = len(r)
		config := uint32(0)
		for at := 32; config == 0 && at+8 <= len(r); at += 8 {
			if order.Uint32(r[at:]) == configID {
				config = order.Uint32(r[at+4:])
			}
		}
		context := p.id()
		p.send(build(major, createNewContext, context, config, 0, rgba, 0, 1))
		if name == "guard" { // the server looks whether the window is like the configuration
			p.send(build(major, createWindow, 0, config, owned(p), p.id(), 0))
		}
		p.sync()
		if len(p.errors) > 0 {
			t.Errorf("%s: errors %d", name, p.errors)
		}
		if r, _ := p.ask(build(major, isDirect, context)); (r != nil) != (name == "server") {
			t.Errorf("%s: the server knows the context: %t", name, r != nil)
		}
		p.send(build(major, destroyContext, context))
		p.sync()
		if len(p.errors) > 0 {
			t.Errorf("%s: errors %d", name, p.errors)
		}
		if r, _ := p.ask(build(major, readPixels, 0, 0, 0, 1, 1, 0x1907, 0x1401, 0)); r != nil {
			t.Errorf("%s: it reads pixels", name)
		}
	}
	if seen["server"] != seen["guard"] {
		t.Errorf("bytes of configurations: %v", seen)
	}
}
