package mullion

// warnOfNothing warns of an app that shows nothing, or whose pages can call
// nothing.
func (a *App) warnOfNothing() {
	if !a.grants && len(a.own.Commands) > 0 {
		a.log.Warn("mullion: the app has commands, and no capability that grants them", "command", a.own.Commands[0],
			"hint", `Options.Files has no file in the folder capabilities: embed it, as in //go:embed mullion.conf.json capabilities; mullion capability new makes one`)
	}
	if len(a.core.Windows()) == 0 && !a.stayOpen {
		a.log.Warn("mullion: the app begins without a window",
			"hint", `list one under app.windows of the configuration, as in "windows": [{}], or call App.OpenWindow; Options.StayOpen says that it is meant`)
	}
}
