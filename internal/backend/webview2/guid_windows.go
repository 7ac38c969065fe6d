package webview2

import (
	"sync"

	"golang.org/x/sys/windows"
)

// streams are interfaces of the system that this package serves or reads, as faces are those of
// WebView2.
var streams = map[string]string{
	"IStream":           "0000000c-0000-0000-c000-000000000046",
	"ISequentialStream": "0c733a30-2a1c-11ce-ade5-00aa0044773d",
}

var guids = sync.OnceValue(func() map[string]*windows.GUID {
	list := map[string]*windows.GUID{}
	for _, table := range []map[string]string{faces, streams} {
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
