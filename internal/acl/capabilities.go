// Package acl reads from the files of an app what decides on its rights: the
// capabilities that count, and the permissions that it and its plugins offer.
package acl

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/configkeys"
)

// Capabilities returns the capabilities of an app that count: all files in the
// folder, or those that app.security.capabilities lists. files may be nil.
func Capabilities(conf *config.Config, files fs.FS, folder string) ([]capability.Capability, error) {
	var caps []capability.Capability
	if files != nil {
		var err error
		if caps, err = capability.Load(files, folder); err != nil {
			return nil, err
		}
	}
	if listed := conf.App.Security.Capabilities; len(listed) > 0 {
		chosen := make([]capability.Capability, 0, len(listed))
		for i, l := range listed {
			if l.Inline != nil {
				chosen = append(chosen, *l.Inline)
				continue
			}
			same := slices.IndexFunc(caps, func(c capability.Capability) bool { return c.Identifier == l.Identifier })
			if same < 0 {
				var known []string
				for _, c := range caps {
					known = append(known, strconv.Quote(c.Identifier))
				}
				return nil, fmt.Errorf("%s: element %d names %q, but no file in %s has that identifier; there are: %s",
					configkeys.Place(conf, "app.security.capabilities"), i, l.Identifier, folder, strings.Join(known, ", "))
			}
			chosen = append(chosen, caps[same])
		}
		caps = chosen
	}
	return caps, nil
}
