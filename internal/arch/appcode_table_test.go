package arch

// appCodePackages are those that have functions of the app.
var appCodePackages = []string{".", "internal/core", "internal/desktop/notify", "internal/desktop/tray", "internal/desktop/trayicons", "internal/menu", "internal/worker", "ipc"}

// appCode has the functions that are kept somewhere and called outside of what
// is given to internal/inorder, by package, type and field, or by function and
// parameter; and why that is right. Code of the app is only in the first three
// groups.
var appCode = []struct{ why, functions string }{
	{"the app is told by a queue: these closures, made in the public API, are what the Core gives to inorder.New",
		`mullion.App.On(f) mullion.App.OnDownload(f) mullion.App.OnKept(f) mullion.App.OnWindowOpened(f) mullion.App.OnWindowClosed(f) mullion.Webview.OnPage(f) mullion.State.Watch(f)
		mullion.Options.OnFault mullion.TrayOptions.OnEvent
		mullion.Notification.OnAction mullion.Notification.OnReply mullion.Notification.OnClose`},
	{"the app is asked by Owner.Call, on a goroutine that may wait: these closures are what the Core gives to it",
		`mullion.App.OnCloseRequested(f) mullion.App.OnWindowOpening(f) mullion.Options.OnHang mullion.Options.OnLink plugin.Plugin.Script`},
	{"commands, interceptors and what belongs to a call run on the goroutine of the call, below Core.dispatch, which recovers; a reader that runs them hands over",
		`core.registered.handler core.State.check core.StateOptions.Check core.StateOptions.Migrate
		mullion.StateOptions.Check mullion.StateOptions.Migrate mullion.Worker.f mullion.Worker.CallWithProgress(report)
		worker.server.f ipc.Typed(f) ipc.Chain(in)`},
	{"commands of the Core's own, which are made of functions",
		`core.builtin.handler core.forPages(h) core.command(f) core.act(do) core.doer(do) core.getter(get) core.setter(set) core.lacking(idle)
		core.ofScreen(tell) core.webviewDoes(do) core.webviewTakes(do)
		core.webviewTells(tell) core.Webview.ChangeBounds(change) core.Window.limit(set)
		core.target.host core.predefinedItems core.channel.intercepted(send)`},
	{"what this module gives the Core: it starts processes, reads options and files",
		`core.Options.Launch core.Options.LaunchDialogs core.Options.ChooseFiles core.Options.Processes core.Options.MayShowOthers core.Options.Cursor core.Options.PageWebview core.Options.PageWindow
		core.Options.PathVariable core.Options.Icon core.Options.Preferences core.Options.EndDesktop core.Core.icon core.LinkOptions.Open core.State.hold worker.Options.Launch
		core.Keeping.Remember core.journal.remember core.Core.settles(told)
		mullion.App.hold mullion.App.makeTray mullion.Options.change`},
	{"a test that runs the app, told by App.Run on the goroutine that called it",
		`harness.Harness.Attach harness.Harness.Ready`},
	{"ends something: the app, a context, a watch, what belongs to a document or a visit",
		`core.Core.cancel core.Webview.endLasting core.call.cancel core.document.cancel core.document.closers core.download.cancel core.visit.cancel
		core.visit.closers core.resource.closed trayicons.Icon.unwatch trayicons.App.Quit core.shownMenu.stop
		tray.Icon.end worker.Pool.cancel worker.inflowReader.unbind worker.served.cancel`},
	{"the Core's own: a menu's item is gone, or was chosen, which goes into a queue; credit goes to a process",
		`menu.Item.gone menu.handler.f worker.inflow.credit`},
	{"goroutines of the Core's own, as those of a sync.WaitGroup",
		`core.tasks.Go(f)`},
	{"tables of this module",
		`menu.modifiers tray.Icon.readers(by)`},
}
