package webview2

import (
	"strings"

	"github.com/mullion-dev/mullion/internal/backend"
)

// browserArguments are what all processes of the browser are started with.
//
// The proxy is for all addresses: Chromium leaves out those of this machine unless its list of
// exceptions says "<-loopback>". A host has none but the Core's. What would pass it by is switched
// off: looking names up, UDP of WebRTC, QUIC.
func browserArguments(o *backend.Options) string {
	list := []string{
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-domain-reliability",
		"--disable-features=msSmartScreenProtection,msPdfOOUI,AutofillServerCommunication",
		"--no-first-run",
	}
	if o.Proxy != "" {
		list = append(list, `--proxy-server="`+o.Proxy+`"`, `--proxy-bypass-list="<-loopback>"`,
			`--host-resolver-rules="MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"`, // as Chromium's own text on SOCKS has it
			"--webrtc-ip-handling-policy=disable_non_proxied_udp", "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
			"--disable-quic")
	}
	if o.Rendering.Software {
		list = append(list, "--disable-gpu")
	}
	if o.NoCache {
		list = append(list, "--disk-cache-size=1")
	}
	return strings.Join(list, " ")
}

// targetVersion is the oldest runtime that is taken: the first with schemes of an app's own.
const targetVersion = "104.0.1293.70"

// serveOptions makes the options of an environment. Whoever reads them calls only what gets a value.
func (e *engine) serveOptions() *face {
	text := func(s string) function { return func(to, _, _ uintptr) result { return giveText(to, s) } }
	number := func(n uint32) function { return func(to, _, _ uintptr) result { return giveNumber(to, n) } }
	var schemes []*face
	for _, name := range e.options.Schemes {
		schemes = append(schemes, e.serveScheme(name))
	}
	return e.a.serve(func() {
		for _, s := range schemes {
			s.release()
		}
	}, &face{name: "ICoreWebView2EnvironmentOptions", functions: []function{
		0: text(browserArguments(&e.options)),
		2: text(""), // the language of the system
		4: text(targetVersion),
		6: number(0), // AllowSingleSignOnUsingOSPrimaryAccount: pages learn nothing of the user's account
	}}, &face{name: "ICoreWebView2EnvironmentOptions3", functions: []function{
		0: number(1), // IsCustomCrashReportingEnabled: nothing is sent to Microsoft
	}}, &face{name: "ICoreWebView2EnvironmentOptions4", functions: []function{
		0: func(count, to, _ uintptr) result {
			var list []uintptr
			for _, s := range schemes {
				e.a.count(s.address, 1) // the reader gives it back
				list = append(list, s.address)
			}
			giveNumber(count, uint32(len(list)))
			return givePointers(to, list)
		},
	}})
}

// serveScheme makes the registration of a custom scheme: secure, with a host, and for pages of all
// origins to ask; what they may have is decided by the Core.
func (e *engine) serveScheme(name string) *face {
	const yes = 1
	return e.a.serve(nil, &face{name: "ICoreWebView2CustomSchemeRegistration", functions: []function{
		0: func(to, _, _ uintptr) result { return giveText(to, name) },
		1: func(to, _, _ uintptr) result { return giveNumber(to, yes) }, // TreatAsSecure
		3: func(count, to, _ uintptr) result { // GetAllowedOrigins
			var list []uintptr
			everybody := new(uintptr)
			if r := giveTextAt(everybody, "*"); r != ok {
				return r
			}
			list = append(list, *everybody)
			giveNumber(count, uint32(len(list)))
			return givePointers(to, list)
		},
		5: func(to, _, _ uintptr) result { return giveNumber(to, yes) }, // HasAuthorityComponent
	}})
}
