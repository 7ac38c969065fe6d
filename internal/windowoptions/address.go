package windowoptions

import (
	"cmp"
	"fmt"
	"net/url"

	"github.com/mullion-dev/mullion/internal/core"
)

// Address is the full address of a window's page. What has no scheme is a path
// in the front end, and means what a link in the root of it would.
func (r Reader) Address(page string) (string, error) {
	u, err := url.Parse(page)
	if err != nil {
		return "", fmt.Errorf("url %q: %w", page, err)
	}
	switch u.Scheme {
	case "http", "https", "app":
		return page, nil
	case "":
	default:
		return "", fmt.Errorf("url %q: %s: addresses cannot be shown", page, u.Scheme)
	}
	if u.Host != "" || u.User != nil {
		return "", fmt.Errorf("url %q names a server and no scheme: write https:%s", page, page)
	}
	root := cmp.Or(r.Root, core.AppOrigin+"/")
	base, err := url.Parse(root)
	if err != nil {
		return "", fmt.Errorf("build.devUrl %q: %w", root, err)
	}
	if base.Path == "" {
		base.Path = "/"
	}
	switch u.Path {
	case "", "/", "index.html", "/index.html", "./index.html":
		// The root of the front end, which is devUrl as it is written.
		if u.RawQuery != "" || u.ForceQuery {
			base.RawQuery, base.ForceQuery = u.RawQuery, u.ForceQuery
		}
		if u.Fragment != "" {
			base.Fragment, base.RawFragment = u.Fragment, u.RawFragment
		}
		return base.String(), nil
	}
	return base.ResolveReference(u).String(), nil
}
