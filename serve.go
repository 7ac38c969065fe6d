package mullion

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/assets"
	"github.com/mullion-dev/mullion/internal/bridge"
	"github.com/mullion-dev/mullion/internal/configkeys"
	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/csp"
	"github.com/mullion-dev/mullion/internal/frontend"
)

// serve sets up what pages are made of: the app's files, files of the user,
// and the scripts that run before a page's own.
func (a *App) serve(o Options, co *core.Options) error {
	security := &a.config.App.Security
	if u := a.config.Build.DevURL; o.Dev && u != "" {
		full, origin, err := frontend.DevServer(u)
		if err != nil {
			return fmt.Errorf("mullion: %w", err)
		}
		own := *a.config // the other one is the caller's
		own.Build.DevURL, co.DevOrigin = full, origin
		a.config, a.root = &own, full
		if cmd := own.Build.BeforeDevCommand; cmd != nil {
			co.DevCommand = cmd.Script
		}
	}
	if o.HTTPOrigin && a.root == "" {
		co.HTTPOrigin, a.root = true, core.HTTPOrigin+"/"
	}
	front, err := frontend.Find(a.config, frontend.Source{Files: o.Files, Dir: o.Dir, Assets: o.Assets, Dev: o.Dev})
	if err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	policy, key, err := frontend.Policy(security, o.Dev)
	if err != nil {
		return fmt.Errorf("mullion: %s: %w", configkeys.Place(a.config, key), err)
	}
	for _, w := range policy.Warnings() {
		a.log.Warn("mullion: " + configkeys.Place(a.config, key) + ": " + w)
	}
	ao := assets.AppOptions{
		Builtin: map[string][]byte{"/_mullion/api.js": bridge.API(), "/_mullion/api.d.ts": bridge.APITypes()},
		Logger:  a.log,
	}
	if policy != nil {
		ao.HTML = func(html []byte) (string, []byte) { return policy.ForHTML(html, nil) }
		co.Policy = core.ContentPolicy{Key: key, Advisor: csp.NewAdvisor(policy)}
	}
	for _, h := range security.Headers {
		ao.Headers = append(ao.Headers, assets.Field{Name: h.Name, Value: h.Value})
	}
	app, err := assets.NewApp(front, ao)
	if err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	co.App = app
	if co.DevOrigin == "" {
		frontend.CheckPages(a.log, a.config, front, app)
	}
	if security.AssetProtocol.Enable {
		if co.Files, err = a.userFiles(security.AssetProtocol.Scope); err != nil {
			return err
		}
	}
	if security.FreezePrototype {
		co.Script += "Object.freeze(Object.prototype);\n"
	}
	if a.config.App.WithGlobalTauri {
		script, err := frontend.GlobalScript(front)
		if err != nil {
			return fmt.Errorf("mullion: %w", err)
		}
		co.Script += script
	}
	return nil
}

// ownScripts adds the scripts of the framework's own parts that only some pages
// have a use for.
func (a *App) ownScripts() {
	a.core.AddScript(core.ScriptMaker{
		Plugin: "notification", Commands: []string{pluginCommand("notification", "notify")},
		Make: func(context.Context, string, string) (string, error) { return bridge.Notification(), nil },
	})
}

// userFiles serves what the scope of the asset protocol holds.
func (a *App) userFiles(scope config.AssetScope) (assets.Handler, error) {
	dots := capability.DotFilesDefault
	if r := scope.RequireLiteralLeadingDot; r != nil {
		dots = capability.DotFilesMatched
		if *r {
			dots = capability.DotFilesLiteral
		}
	}
	s, err := capability.NewPathScope(scope.Allow, scope.Deny, capability.PathOptions{
		Variables:    a.pathVariable,
		EvalSymlinks: filepath.EvalSymlinks,
		Lstat:        os.Lstat,
		DotFiles:     dots,
	})
	if err != nil {
		return nil, fmt.Errorf("mullion: %s: %w", configkeys.Place(a.config, "app.security.assetProtocol.scope"), err)
	}
	return assets.NewFiles(assets.FilesOptions{
		Allowed: func(path string) error {
			_, err := s.Check(path)
			return a.alsoAssets(path, err)
		},
		Logger: a.log,
	}), nil
}

// AllowAssets adds a function that is asked about files which pages want from
// the asset protocol, where app.security.assetProtocol has switched it on. A file
// is shown if the scope of the configuration or one of these functions, by nil,
// allows it and none denies it: with a [capability.ForbiddenPathError] that has
// Denied set. Other errors say nothing. The function is called with absolute
// paths, both the one that was asked for and that of the file that was opened,
// for several requests at once.
func (a *App) AllowAssets(judge func(path string) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.assetJudges = append(slices.Clip(a.assetJudges), judge)
}

// alsoAssets asks the functions of AllowAssets, after what the scope says.
func (a *App) alsoAssets(path string, err error) error {
	a.mu.Lock()
	judges := a.assetJudges
	a.mu.Unlock()
	denies := func(err error) bool {
		var why *capability.ForbiddenPathError
		return errors.As(err, &why) && why.Denied != ""
	}
	for _, judge := range judges {
		if denies(err) {
			break
		}
		said := errors.New("a function of AllowAssets has panicked")
		if !a.core.Owner().Call("AllowAssets", func() { said = judge(path) }) {
			return said
		}
		if said == nil || denies(said) {
			err = said
		}
	}
	return err
}

// pathVariable resolves the variables with which a path in a scope may begin.
func (a *App) pathVariable(name string) (string, bool) {
	return a.folders.Variable(strings.TrimPrefix(name, "$"), a.Name())
}
