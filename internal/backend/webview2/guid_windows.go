package webview2

import (
	"sync"

	"golang.org/x/sys/windows"
)

// systems are interfaces and classes of the system that this package uses, of objidl.h and
// shobjidl_core.h, as faces are those of WebView2.
var systems = map[string]string{
	"IDropTarget":       "00000122-0000-0000-c000-000000000046",
	"IStream":           "0000000c-0000-0000-c000-000000000046",
	"ISequentialStream": "0c733a30-2a1c-11ce-ade5-00aa0044773d",
	"FileOpenDialog":    "dc1c5a9c-e88a-4dde-a5a1-60f82a20aef7",
	"FileSaveDialog":    "c0b4e2f3-ba21-4773-8dba-335ec946eb8b",
	"IFileOpenDialog":   "d57c7288-d4ad-4768-be02-9d969532d960",
	"IFileSaveDialog":   "84bccd23-5fde-4cdb-aea4-af64b83d78ab",
	"IShellItem":        "43826d1e-e718-42ee-bc55-a1e261c37bfe",
	"TaskbarList":       "56fdf344-fd6d-11d0-958a-006097c9a090",
	"ITaskbarList3":     "ea1afb91-9e28-4b86-90e9-9e9f8a5eefaf",
}

var guids = sync.OnceValue(func() map[string]*windows.GUID {
	list := map[string]*windows.GUID{}
	for _, table := range []map[string]string{faces, systems} {
		for name, text := range table {
			g, err := windows.GUIDFromString("{" + text + "}")
			if err != nil {
				panic("webview2: " + name + ": " + err.Error())
			}
			list[name] = &g
		}
	}
	return list
})

// guid returns the number of an interface.
func guid(name string) *windows.GUID {
	g := guids()[name]
	if g == nil {
		panic("webview2: no number of " + name)
	}
	return g
}
