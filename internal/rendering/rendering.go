// Package rendering decides how hosts draw: as the engine likes, and further
// and further away from the GPU where nothing appears on the screen. What has
// worked is remembered for the GPU and its driver.
//
// The first call to make is Open.
package rendering

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/mullion-dev/mullion/internal/durable"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Step is one way to draw.
type Step struct {
	// Name is for files and logs.
	Name     string
	Settings wire.Rendering
	// Reason says what the step is good for.
	Reason string
}

// steps are tried from the first to the last. Their names are in files: a
// step that changes its meaning needs another name. The variables are read by
// WebKitGTK and by Mesa (https://docs.mesa3d.org/envvars.html).
var steps = []Step{
	{"default", wire.Rendering{},
		"the engine knows best, nearly always"},
	{"no-dmabuf", wire.Rendering{Environment: []string{"WEBKIT_DISABLE_DMABUF_RENDERER=1"}},
		"drivers whose buffers the web process cannot hand over, NVIDIA's above all: the window stays white (https://bugs.webkit.org/show_bug.cgi?id=262607)"},
	{"no-acceleration", wire.Rendering{Software: true, Environment: []string{emulate}},
		"drivers that fail as soon as they are used; costs WebGL and smooth animations"},
	{"software", wire.Rendering{Software: true, Environment: []string{"WEBKIT_DISABLE_COMPOSITING_MODE=1", emulate}},
		"drivers that fail already when they are opened: nothing of them is loaded, whatever asks for it"},
}

// emulate has Mesa use no driver of a GPU where the engine accelerates all the
// same, as it has to for transparent windows: see the engine.
const emulate = "LIBGL_ALWAYS_SOFTWARE=1"

// withoutDMABUF is what the drivers of NVIDIA need.
const withoutDMABUF = 1

// withoutGPU is where a machine without a GPU begins: what acceleration
// emulates there in software costs memory, and opaque windows look no better
// for it. Measured with WebKitGTK 2.50.6 and Xvfb, in turns: without acceleration
// host, web and network processes need two thirds of the memory with one window
// and three fifths with four, and the first window is not later.
const withoutGPU = 2

// Ladder is where a machine stands. It is safe for concurrent use.
type Ladder struct {
	path    string
	machine Machine

	mu    sync.Mutex
	at    int    // guarded by mu; index in steps
	saved string // guarded by mu; the name of the step in the file, "" for none
}

// memory is what the file holds, by Machine.GPU.
type memory map[string]entry

type entry struct {
	Driver string `json:"driver"`
	Step   string `json:"step"`
}

const memoryVersion = 1

// Open begins where the file at path says for that machine, which need not
// exist. A file that cannot be read is an error, and counts as one that is not
// there: the ladder can be used.
func Open(path string, m Machine) (*Ladder, error) {
	l := &Ladder{path: path, machine: m}
	if m.GPU == NoGPU {
		l.at = withoutGPU
	}
	saved, err := l.read()
	e, ok := saved[m.GPU]
	if !ok || e.Driver != m.Driver {
		return l, err // another driver may have mended it
	}
	for i, s := range steps {
		if s.Name == e.Step && i > l.at {
			l.at, l.saved = i, s.Name
		}
	}
	return l, err
}

func (l *Ladder) read() (memory, error) {
	v, ok, warning, err := durable.Read(l.path)
	if err != nil || !ok || v.Version != memoryVersion {
		return nil, errors.Join(warning, err)
	}
	var m memory
	if err := json.Unmarshal(v.JSON, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", l.path, err)
	}
	return m, warning
}

// Step returns the present step and its number.
func (l *Ladder) Step() (int, Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, steps[l.at]
}

// Settings returns those of a step, for a host that may use a GPU or may not.
func Settings(n int, gpu bool) wire.Rendering {
	s := steps[n].Settings
	if !gpu && !s.Software {
		s.Software, s.Environment = true, append(slices.Clone(s.Environment), emulate)
	}
	return s
}

// Name returns that of a step.
func Name(n int) string { return steps[n].Name }

// Failed notes that nothing was drawn with step n, and returns the one to try
// next. ok is false where there is none.
func (l *Ladder) Failed(n int) (next Step, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n == l.at {
		if n == len(steps)-1 {
			return Step{}, false
		}
		l.at++
	}
	return steps[l.at], true // where another host has failed with it already, too
}

// Works notes that something was drawn with step n. A step that had to be
// found out is written to the file; changed tells that it was.
func (l *Ladder) Works(n int) (changed bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := 0
	if l.machine.GPU == NoGPU {
		first = withoutGPU
	}
	if n != l.at || n == first || steps[n].Name == l.saved {
		return false, nil
	}
	m, _ := l.read() // a damaged file is replaced
	if m == nil {
		m = memory{}
	}
	m[l.machine.GPU] = entry{l.machine.Driver, steps[n].Name}
	text, err := json.Marshal(m, json.Deterministic(true))
	if err == nil {
		err = durable.Write(l.path, durable.Value{Version: memoryVersion, JSON: text})
	}
	if err != nil {
		return false, fmt.Errorf("rendering: %w", err)
	}
	l.saved = steps[n].Name
	return true, nil
}
