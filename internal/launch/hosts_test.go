package launch

import (
	"log/slog"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/transfer"
)

// TestSpecIsWhole: each resource changes what the sandbox is told, but for
// those that the proxy judges by.
func TestSpecIsWhole(t *testing.T) {
	area := transfer.New(t.TempDir())
	if err := area.Open(); err != nil {
		t.Fatal(err)
	}
	defer area.Close()
	log := slog.New(slog.DiscardHandler)
	hosts := &Hosts{Log: log, Area: area, Written: &Written{Log: log, Path: filepath.Join(t.TempDir(), "written.json")}}
	policy := func(r capability.Resources) *sandbox.Policy {
		spec, err := hosts.spec(core.Launch{Name: "app", Resources: r})
		if err != nil {
			t.Fatal(err)
		}
		return spec.Policy
	}
	none := policy(capability.Resources{})
	for field := range reflect.TypeFor[capability.Resources]().Fields() {
		var r capability.Resources
		set := reflect.ValueOf(&r).Elem().FieldByIndex(field.Index)
		switch field.Type.Kind() {
		case reflect.Bool:
			set.SetBool(true)
		case reflect.Slice:
			set.Set(reflect.MakeSlice(field.Type, 1, 1))
		default:
			set.SetInt(1)
		}
		changed := cmp.Diff(none, policy(r)) != ""
		if want := field.Name != "Refuse" && field.Name != "Sources"; changed != want {
			t.Errorf("%s: changes the policy: %v, want %v", field.Name, changed, want)
		}
	}
}
