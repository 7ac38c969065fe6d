package conformance

import (
	"fmt"
	"os"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/osinfo"
)

// osSuite compares what pages are told with what Go and the kernel say.
func osSuite(t *testing.T, _ *published) pluginSuite {
	t.Setenv("LANGUAGE", "")
	t.Setenv("LC_ALL", "pt_BR.UTF-8")
	host, err := os.ReadFile("/proc/sys/kernel/hostname")
	if err != nil {
		t.Fatal(err)
	}
	i := osinfo.Get()
	return pluginSuite{
		options: e2e.Options{
			Permissions: []any{"os:default", "os:allow-hostname"},
			Setup:       func(app *mullion.App) { app.AddPlugin(osinfo.New().Plugin()) },
		},
		tests: []pluginTest{
			{
				exports: []string{"eol", "platform", "family", "type", "exeExtension"},
				body:    `return [p.eol(), p.platform(), p.family(), p.type(), p.exeExtension()]`,
				want:    `["\n","linux","unix","linux",""]`,
			},
			{exports: []string{"version", "arch"}, body: `return [p.version(), p.arch()]`, want: fmt.Sprintf("[%q,%q]", i.Version, i.Arch)},
			{
				exports: []string{"locale"},
				body:    `return [await p.locale(), new Intl.Locale(await p.locale()).language]`,
				want:    `["pt-BR","pt"]`,
			},
			{exports: []string{"hostname"}, body: `return await p.hostname() + '\n'`, want: fmt.Sprintf("%q", host)},
		},
	}
}
