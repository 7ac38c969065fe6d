package menu

import (
	"errors"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAccelerators(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"CmdOrCtrl+S", "Control+S"},
		{"commandorcontrol+shift+KeyA", "Control+Shift+A"},
		{"Alt+ArrowUp", "Alt+ArrowUp"},
		{"Super+Digit5", "Super+5"},
		{"F24", "F24"},
		{"Ctrl++", "Control++"},
		{"Ctrl+Plus", "Control++"},
		{"+", "+"},
		{"Option+Space", "Alt+Space"},
		{"Ctrl+Numpad7", "Control+Numpad7"},
		{"", ""}, {"Ctrl", ""}, {"Ctrl+", ""}, {"F25", ""}, {"F0", ""}, {"F01", ""}, {"Hyper+A", ""}, {"A+Ctrl", ""}, {"Ctrl+é", ""}, {"Ctrl+S+A", ""},
	} {
		a, err := ParseAccelerator(test.text)
		if got := a.String(); got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%q: got %q, %v; want %q", test.text, got, err, test.want)
		}
		if again, _ := ParseAccelerator(a.String()); err == nil && again != a {
			t.Errorf("%q is not read back as %v", a, a)
		}
	}
}

// maker makes items for a test.
type maker struct {
	*Store
	t *testing.T
}

func (m maker) item(k Kind, id string, chosen func(string)) *Item {
	m.t.Helper()
	i, err := m.New(Entry{ID: id, Kind: k, Text: id, Enabled: true, Item: Copy}, chosen)
	if err != nil {
		m.t.Fatal(err)
	}
	return i
}

func (m maker) insert(into *Item, at int, items ...*Item) {
	m.t.Helper()
	if err := m.Insert(into, at, items...); err != nil {
		m.t.Fatal(err)
	}
}

// ids returns the IDs of a snapshot, in order and at any depth.
func (m maker) ids(root *Item) (ids []string) {
	m.t.Helper()
	e, err := m.Snapshot(root)
	if err != nil {
		m.t.Fatal(err)
	}
	var walk func(Entry)
	walk = func(e Entry) {
		ids = append(ids, e.ID)
		for _, i := range e.Items {
			walk(i)
		}
	}
	walk(e)
	return ids
}

func TestStore(t *testing.T) {
	m := maker{&Store{}, t}
	root, sub := m.item(Menu, "root", nil), m.item(Submenu, "sub", nil)
	a, b, c := m.item(Normal, "a", nil), m.item(Check, "b", nil), m.item(Predefined, "c", nil)
	changes := 0
	stop := m.Watch(root, func() { changes++ })
	m.insert(root, -1, a, c)
	m.insert(root, 1, sub)
	m.insert(sub, 0, b, a)
	if diff := cmp.Diff([]string{"root", "a", "sub", "b", "a", "c"}, m.ids(root)); diff != "" {
		t.Error(diff)
	}
	if err := m.Change(b, func(e *Entry) { e.Text, e.ID = "new", "ignored" }); err != nil || changes != 4 {
		t.Errorf("%d changes, %v", changes, err)
	}
	if e := m.Entry(b); e.Text != "new" || e.ID != "b" {
		t.Errorf("entry %+v", e)
	}
	if err := m.Remove(root, c); err != nil || changes != 5 {
		t.Errorf("%d changes, %v", changes, err)
	}
	if err := m.Remove(root, c); !errors.Is(err, ErrNotThere) {
		t.Errorf("removed twice: %v", err)
	}
	if err := m.Insert(b, 0, a); !errors.Is(err, ErrKind) {
		t.Errorf("an item holds items: %v", err)
	}
	if err := m.Insert(sub, 0, sub); err == nil {
		t.Error("a submenu is inside itself")
	}
	deeper := m.item(Submenu, "deeper", nil)
	m.insert(sub, 0, deeper)
	if err := m.Insert(deeper, 0, sub); err == nil {
		t.Error("a submenu is inside itself, by way of another one")
	}
	if m.Find(root, m.Entry(b).Number) != b || m.Find(root, m.Entry(c).Number) != nil {
		t.Error("what is found is not what is there")
	}
	stop()
	before := changes
	if err := m.Change(a, func(e *Entry) { e.Text = "x" }); err != nil || changes != before {
		t.Error("told after stop")
	}
	for _, i := range []*Item{root, sub, a, b, c, deeper} {
		m.Release(i)
	}
	if got := m.Live(); got != 0 {
		t.Errorf("%d items live", got)
	}
}

func TestActivate(t *testing.T) {
	m := maker{&Store{}, t}
	var got []string
	note := func(who string) func(string) { return func(id string) { got = append(got, who+" "+id) } }
	normal, check, off := m.item(Normal, "n", note("first")), m.item(Check, "c", note("check")), m.item(Normal, "off", note("off"))
	again := m.item(Normal, "n", note("second"))
	if err := m.Change(off, func(e *Entry) { e.Enabled = false }); err != nil {
		t.Fatal(err)
	}
	m.Activate(normal)
	m.Activate(check)
	if m.Activate(off) {
		t.Error("what is off was chosen")
	}
	m.Release(again)
	m.Activate(normal)
	if diff := cmp.Diff([]string{"second n", "check c"}, got); diff != "" {
		t.Error(diff)
	}
	if !m.Entry(check).Checked {
		t.Error("it did not turn over")
	}
}

// TestExplosion checks that submenus which are in each other twice, which
// doubles what is shown with each, are not shown.
func TestExplosion(t *testing.T) {
	m := maker{&Store{}, t}
	inner := m.item(Submenu, "0", nil)
	for n := range 12 {
		outer := m.item(Submenu, strconv.Itoa(n+1), nil)
		m.insert(outer, 0, inner, inner)
		inner = outer
	}
	if _, err := m.Snapshot(inner); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
	m.Find(inner, 1<<30) // ends
}

func TestLimits(t *testing.T) {
	m := maker{&Store{}, t}
	root := m.item(Menu, "root", nil)
	for range MaxItems - 1 {
		m.item(Normal, "", nil)
	}
	if _, err := m.New(Entry{Kind: Normal}, nil); !errors.Is(err, ErrTooMany) {
		t.Errorf("got %v", err)
	}
	m.Release(root)
	for _, e := range []Entry{
		{Kind: "Other"}, {Kind: Predefined, Item: "Other"}, {Kind: Normal, Text: string(make([]byte, MaxText+1))},
		{Kind: Normal, Text: "\xff"}, {Kind: Icon, Picture: &Picture{1, 1, nil}}, {Kind: Icon, Picture: &Picture{MaxPicture + 1, 1, make([]byte, 4*MaxPicture+4)}},
	} {
		if _, err := m.New(e, nil); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}
