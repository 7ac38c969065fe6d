package csp

import (
	"html"
	"slices"
	"strings"
)

// loaded are the attributes whose addresses engines load together with a
// document, by element.
var loaded = map[string]string{
	"script": "src", "link": "href", "img": "src", "source": "src", "video": "src", "audio": "src",
}

// loadedLinks are the relations of <link> whose target is loaded.
var loadedLinks = []string{"stylesheet", "modulepreload", "preload", "icon", "manifest"}

// Resources returns the addresses, as they are written, of what a document
// loads by its tags, and its <base>, "" if it has none.
func Resources(document []byte) (base string, addresses []string) {
	for z := (&tokenizer{in: document}); ; {
		t, ok := z.next()
		if !ok {
			return base, addresses
		}
		if t.end || t.foreign {
			continue
		}
		if href, ok := t.attribute("href"); ok && t.name == "base" && base == "" {
			base = html.UnescapeString(href)
		}
		if rel, _ := t.attribute("rel"); t.name == "link" && !slices.ContainsFunc(strings.Fields(strings.ToLower(rel)), func(r string) bool {
			return slices.Contains(loadedLinks, r)
		}) {
			continue
		}
		if address, ok := t.attribute(loaded[t.name]); ok && strings.TrimSpace(address) != "" {
			addresses = append(addresses, html.UnescapeString(strings.TrimSpace(address)))
		}
	}
}
