package main

import (
	"fmt"

	"github.com/mullion-dev/mullion/capability"
)

// allow returns what the files in the folder capabilities say of their sites
// for one more.
func allow(site string) ([]capability.Capability, error) {
	if site == "" {
		return nil, nil
	}
	return capability.Parse("site.json", fmt.Appendf(nil, `[
		{ "identifier": "site", "remote": { "urls": [%[1]q] }, "webviews": ["content"],
		  "permissions": [{ "identifier": "web:allow-navigation", "allow": [{ "url": %[1]q }] }] },
		{ "identifier": "site-network", "windows": ["main"],
		  "permissions": [{ "identifier": "sandbox:allow-network", "allow": [{ "url": %[1]q }] }] }]`, site))
}
