package frontend

import (
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/csp"
)

// Policy returns the Content-Security-Policy of pages, nil for none, and
// the key of the configuration that counts.
func Policy(s *config.Security, dev bool) (policy *csp.Policy, key string, err error) {
	conf, key := s.CSP, "app.security.csp"
	if dev && s.DevCSP != nil {
		conf, key = s.DevCSP, "app.security.devCsp"
	}
	switch {
	case conf == nil:
		policy = csp.Default()
	case conf.Off:
		return nil, key, nil
	case conf.Directives != nil:
		policy, err = csp.FromMap(conf.Directives)
	default:
		policy, err = csp.Parse(conf.Text)
	}
	if err != nil {
		return nil, key, err
	}
	e := s.DangerousDisableAssetCSPModification
	if bridge.InPage && !e.All {
		policy = policy.WithSource("connect-src", bridge.Scheme+":")
	}
	return policy.WithExemption(csp.Exemption{All: e.All, Directives: e.Directives}), key, nil
}
