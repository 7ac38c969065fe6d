package session

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/await"
)

// Reader is a screen reader, or what is left of one without a voice.
type Reader struct{ conn *dbus.Conn }

// maxDepth and maxObjects bound a walk through the tree of a program.
const (
	maxDepth   = 100
	maxObjects = 10_000
)

// reference names an object on the bus.
type reference struct {
	Name string
	Path dbus.ObjectPath
}

// Accessible is an object of a program, as it was when it was looked at.
type Accessible struct {
	Role, Name, Description string
	States                  []string
	Children                []*Accessible
	ref                     reference
	r                       *Reader
}

// Programs returns the trees of the programs that are on the bus.
func (r *Reader) Programs() ([]*Accessible, error) {
	n := maxObjects
	root, err := r.look(reference{registryName, accessibleRoot}, 0, &n)
	if err != nil {
		return nil, err
	}
	return root.Children, nil
}

func (r *Reader) object(ref reference) dbus.BusObject { return r.conn.Object(ref.Name, ref.Path) }

// look reads an object, and what is below it.
func (r *Reader) look(ref reference, depth int, left *int) (*Accessible, error) {
	if *left--; depth > maxDepth || *left < 0 {
		return nil, errors.New("the tree has no end")
	}
	a := &Accessible{ref: ref, r: r}
	o := r.object(ref)
	var role uint32
	if err := o.Call(accessibleFace+".GetRole", 0).Store(&role); err != nil {
		return nil, fmt.Errorf("the role of %v: %w", ref, err)
	}
	a.Role = name(roles, int(role))
	for property, to := range map[string]*string{"Name": &a.Name, "Description": &a.Description} {
		if err := o.StoreProperty(accessibleFace+"."+property, to); err != nil {
			return nil, fmt.Errorf("%s of %v: %w", property, ref, err)
		}
	}
	var states []uint32
	if err := o.Call(accessibleFace+".GetState", 0).Store(&states); err != nil {
		return nil, fmt.Errorf("the state of %v: %w", ref, err)
	}
	for i := range 32 * len(states) {
		if states[i/32]>>(i%32)&1 != 0 {
			a.States = append(a.States, name(stateNames, i))
		}
	}
	var children int32
	if err := o.StoreProperty(accessibleFace+".ChildCount", &children); err != nil {
		return nil, fmt.Errorf("the children of %v: %w", ref, err)
	}
	for i := range children {
		var child reference
		if err := o.Call(accessibleFace+".GetChildAtIndex", 0, i).Store(&child); err != nil {
			return nil, fmt.Errorf("child %d of %v: %w", i, ref, err)
		}
		if child.Path == "/org/a11y/atspi/null" {
			continue
		}
		c, err := r.look(child, depth+1, left)
		if err != nil {
			return nil, err
		}
		a.Children = append(a.Children, c)
	}
	return a, nil
}

// name is the entry of a table, or its number.
func name(table []string, i int) string {
	if i < len(table) {
		return table[i]
	}
	return fmt.Sprint(i)
}

// All returns the objects in a tree, the root first.
func (a *Accessible) All() []*Accessible {
	all := []*Accessible{a}
	for _, c := range a.Children {
		all = append(all, c.All()...)
	}
	return all
}

// Find returns the first object with that role and name, nil without one.
func (a *Accessible) Find(role, name string) *Accessible {
	all := a.All()
	if i := slices.IndexFunc(all, func(o *Accessible) bool { return o.Role == role && o.Name == name }); i >= 0 {
		return all[i]
	}
	return nil
}

// Is reports whether the object has a state.
func (a *Accessible) Is(state string) bool { return slices.Contains(a.States, state) }

// String is the tree, a line for each object, those below it further in.
func (a *Accessible) String() string {
	var b strings.Builder
	a.write(&b, "")
	return b.String()
}

func (a *Accessible) write(b *strings.Builder, indent string) {
	fmt.Fprintf(b, "%s%s %q\n", indent, a.Role, a.Name)
	for _, c := range a.Children {
		c.write(b, indent+"  ")
	}
}

// Press does the object's first action: it presses a button, follows a link.
func (a *Accessible) Press() error {
	var done bool
	err := a.call("org.a11y.atspi.Action.DoAction", &done, int32(0))
	if err == nil && !done {
		err = errors.New("it has nothing to press")
	}
	return err
}

// Focus gives the keyboard to the object.
func (a *Accessible) Focus() error {
	var done bool
	err := a.call("org.a11y.atspi.Component.GrabFocus", &done)
	if err == nil && !done {
		err = errors.New("it does not take the focus")
	}
	return err
}

// Text returns the text of an object.
func (a *Accessible) Text() (text string, err error) {
	err = a.call("org.a11y.atspi.Text.GetText", &text, int32(0), int32(-1))
	return text, err
}

// SetValue sets the value of an object such as a slider.
func (a *Accessible) SetValue(v float64) error {
	return a.r.object(a.ref).SetProperty("org.a11y.atspi.Value.CurrentValue", dbus.MakeVariant(v))
}

// Value returns it.
func (a *Accessible) Value() (v float64, err error) {
	err = a.r.object(a.ref).StoreProperty("org.a11y.atspi.Value.CurrentValue", &v)
	return v, err
}

// Extents returns where the object is in its window, in pixels.
func (a *Accessible) Extents() (image.Rectangle, error) {
	const inWindow = uint32(1) // ATSPI_COORD_TYPE_WINDOW
	var at struct{ X, Y, Width, Height int32 }
	err := a.call("org.a11y.atspi.Component.GetExtents", &at, inWindow)
	return image.Rect(0, 0, int(at.Width), int(at.Height)).Add(image.Pt(int(at.X), int(at.Y))), err
}

func (a *Accessible) call(method string, to any, args ...any) error {
	if err := a.r.object(a.ref).Call(method, 0, args...).Store(to); err != nil {
		return fmt.Errorf("%s of %s %q: %w", method, a.Role, a.Name, err)
	}
	return nil
}

// Event is something that a program has told.
type Event struct {
	Kind   string // as "object:state-changed:focused", with the names of D-Bus: "Object.StateChanged.focused"
	Detail int32
	Text   string // what it is about, if that is a text
	source reference
}

// Hear listens to events of a kind, "Object" or "Object:StateChanged", as
// org.a11y.atspi.Registry.RegisterEvent has them. The channel is closed with the
// connection.
func (r *Reader) Hear(kind string) (<-chan Event, error) {
	class, _, _ := strings.Cut(kind, ":")
	if err := r.conn.AddMatchSignal(dbus.WithMatchInterface("org.a11y.atspi.Event." + class)); err != nil {
		return nil, err
	}
	signals := make(chan *dbus.Signal, 1000)
	r.conn.Signal(signals)
	if err := r.conn.Object(registryName, registryPath).Call(registryName+".RegisterEvent", 0, kind, []string{}, "").Err; err != nil {
		return nil, err
	}
	events := make(chan Event, 1000)
	go func() {
		defer close(events)
		for s := range signals {
			name, ok := strings.CutPrefix(s.Name, "org.a11y.atspi.Event.")
			if !ok || len(s.Body) < 4 {
				continue
			}
			e := Event{Kind: name, source: reference{s.Sender, s.Path}}
			if detail, _ := s.Body[0].(string); detail != "" {
				e.Kind += "." + detail
			}
			e.Detail, _ = s.Body[1].(int32)
			if v, ok := s.Body[3].(dbus.Variant); ok {
				e.Text, _ = v.Value().(string)
			}
			select {
			case events <- e:
			default: // nobody reads
			}
		}
	}()
	return events, nil
}

// Of reports whether the event is about an object.
func (e Event) Of(a *Accessible) bool { return e.source.Path == a.ref.Path }

// Await walks the trees of all programs until found has found something in one.
func (r *Reader) Await(found func(program *Accessible) bool) (*Accessible, error) {
	var programs []*Accessible
	var it *Accessible
	err := await.Until(await.Limit, func() (err error) {
		programs, err = r.Programs()
		if i := slices.IndexFunc(programs, found); i >= 0 {
			it = programs[i]
			return nil
		}
		return cmp.Or(err, errors.New("it is not in the tree, which is there"))
	})
	if err != nil {
		var b strings.Builder
		for _, p := range programs {
			p.write(&b, "")
		}
		return nil, fmt.Errorf("%w\n%s", err, &b)
	}
	return it, nil
}
