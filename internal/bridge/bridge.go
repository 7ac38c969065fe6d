// Package bridge holds the scripts that join a page to its host. The page
// script gives the page what Tauri's npm packages look for; the bridge script
// runs in a script world of its own, which alone can talk to the host.
// What they say is written down in internal/wire/PROTOCOL.md, section 2.
//
// A host starts with Bridge and Page, and gives both to the engine as user
// scripts for the start of a document.
//
// The scripts are written in TypeScript in src and built into dist by
//
//	go -C internal/bridge/build run .
package bridge

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// World is the name of the script world of the bridge script.
const World = "mullion"

// MessageName is the name of the script message handler in World.
const MessageName = "mullion"

// KeySize is the length of the secret of a webview, in hex digits.
const KeySize = 64

// The built scripts. page and bridge are expressions whose value is a
// function of one argument.
var (
	//go:embed dist/page.js
	page string
	//go:embed dist/bridge.js
	bridge string
	//go:embed dist/global.js
	global string
	//go:embed dist/notification.js
	notification string
	//go:embed dist/api.js
	api []byte
	//go:embed dist/api.d.ts
	apiTypes []byte
)

// PageConfig is what a page is told before its first script runs. Nothing in
// it is secret: every script of the page can read it.
type PageConfig struct {
	// Window and Webview are the labels of the page's window and webview.
	// An empty Webview means the same as Window.
	Window  string `json:"window"`
	Webview string `json:"webview"`
	// Sep and Delimiter separate the parts of a path, and paths in a list.
	// Empty means those of this system.
	Sep       string `json:"sep"`
	Delimiter string `json:"delimiter"`
	// Media is the token with which the page asks for media of the user's files.
	Media string `json:"media,omitzero"`
	// Devtools lets a key of the page open the developer tools.
	Devtools bool `json:"devtools,omitzero"`
}

// Bridge returns the bridge script for a webview whose secret is key: KeySize
// lower-case hex digits. It panics if key is anything else, which would be
// program text of whoever made it.
func Bridge(key string) string {
	if !isKey(key) {
		panic("bridge: the key of a webview is not 64 hex digits")
	}
	return bridge + `("` + key + "\");\n"
}

// Version tells whether the scripts of two programs are the same: pages keep
// those that they were loaded with.
func Version() string {
	sum := sha256.Sum256([]byte(page + bridge + global + notification))
	return hex.EncodeToString(sum[:8])
}

func isKey(key string) bool {
	if len(key) != KeySize {
		return false
	}
	for i := range len(key) {
		if c := key[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Page returns the page script for the page that c describes. It fails if
// there is no label or one of the strings is not valid UTF-8.
func Page(c PageConfig) (string, error) {
	if c.Window == "" {
		return "", errors.New("bridge: page without the label of its window")
	}
	if c.Webview == "" {
		c.Webview = c.Window
	}
	if c.Sep == "" {
		c.Sep = string(filepath.Separator)
	}
	if c.Delimiter == "" {
		c.Delimiter = string(filepath.ListSeparator)
	}
	b, err := json.Marshal(c, jsontext.EscapeForJS(true), jsontext.EscapeForHTML(true))
	if err != nil {
		return "", fmt.Errorf("bridge: page of window %q: %w", c.Window, err)
	}
	return page + "(" + string(b) + ");\n", nil
}

// Global returns a script that runs after the page script where the app wants
// window.__TAURI__. It has the modules core and event.
func Global() string { return global }

// Notification returns a script that runs after the page script where a page
// may show notifications. It replaces window.Notification.
func Notification() string { return notification }

// API returns the module that pages find at /_mullion/api.js. The caller owns
// the slice.
func API() []byte { return bytes.Clone(api) }

// APITypes returns the TypeScript declarations of API. The caller owns the
// slice.
func APITypes() []byte { return bytes.Clone(apiTypes) }
