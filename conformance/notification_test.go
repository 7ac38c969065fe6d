package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/e2e/session"
)

// notificationSuite is checked where what a page does arrives: at the
// notification server.
func notificationSuite(t *testing.T, p *published) pluginSuite {
	server := session.StartBus(t).StartNotifications("body", "body-markup", "actions", "inline-reply")
	const noChannels = "refused: desktops have no channels of notifications"
	suite := pluginSuite{
		options: e2e.Options{Permissions: []any{"notification:default"}},
		notes: map[string]string{
			"cancel":    "does nothing: desktops show notifications at once",
			"cancelAll": "does nothing: desktops show notifications at once",
			"pending":   "always empty: desktops show notifications at once",
		},
		refused: map[string]string{"channels": noChannels, "createChannel": noChannels, "removeChannel": noChannels},
		says:    map[string]string{},
	}
	for _, test := range notificationTests {
		var outside func(*testing.T, *e2e.App)
		if test.desktop != nil {
			outside = func(t *testing.T, _ *e2e.App) { test.desktop(t, server) }
		}
		suite.tests = append(suite.tests, pluginTest{exports: test.exports, body: "const n = p\n" + test.body, outside: outside, want: test.want})
	}
	suite.tests = append(suite.tests, idleNotificationOptions(p))
	for _, name := range p.pluginOptions(pluginPackage("notification")) {
		switch {
		case strings.HasPrefix(name, "Channel."):
			suite.refused[name] = noChannels
		case strings.HasPrefix(name, "ScheduleInterval."):
			suite.says[name] = "schedule"
		}
	}
	return suite
}

// notificationTest is a [pluginTest] that sees the server.
type notificationTest struct {
	exports []string
	body    string // n is the package
	desktop func(t *testing.T, s *session.Notifications)
	want    string
}

var notificationTests = []notificationTest{
	{
		[]string{"isPermissionGranted", "requestPermission"},
		`return [await n.isPermissionGranted(), await n.requestPermission(), Notification.permission, await n.isPermissionGranted()]`,
		nil, `[true,"granted","granted",true]`,
	},
	{
		[]string{"sendNotification"},
		`n.sendNotification('only a title')
		n.sendNotification({title: 'title', body: 'a < b', icon: 'mail-unread', sound: 'bell', ongoing: true, number: 3, extra: {a: 1}})
		while ((await n.active()).length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
		await n.removeAllActive()`,
		func(t *testing.T, s *session.Notifications) {
			found(t, s, func(n session.Notification) bool { return n.Title == "only a title" })
			got := found(t, s, func(n session.Notification) bool { return n.Title == "title" })
			if got.Body != "a &lt; b" || got.Icon != "mail-unread" || got.Hints["sound-name"].Value() != "bell" || got.Timeout != 0 {
				t.Errorf("got %+v", got)
			}
		}, `null`,
	},
	{
		[]string{"active", "removeActive", "removeAllActive"},
		`await n.removeAllActive()
		const shown = (o) => new Promise((resolve, reject) => { const x = new Notification(o.title, o); x.onshow = resolve; x.onerror = reject })
		await shown({id: 1, title: 'a', body: 'b'})
		await shown({id: 2, title: 'c', extra: {k: 1}})
		await shown({id: 1, title: 'replaced'})
		const all = await n.active()
		await n.removeActive([{id: 1}])
		return [all, (await n.active()).map((x) => x.id)]`,
		nil,
		`[[{"id":2,"title":"c","body":"","groupSummary":false,"data":{},"extra":{"k":1},"attachments":[]},` +
			`{"id":1,"title":"replaced","body":"","groupSummary":false,"data":{},"extra":{},"attachments":[]}],[2]]`,
	},
	{
		[]string{"registerActionTypes", "onAction", "onNotificationReceived"},
		`await n.registerActionTypes([{id: 'mail', actions: [
			{id: 'read', title: 'Read'}, {id: 'answer', title: 'Answer', input: true, inputPlaceholder: 'Write', foreground: false}]}])
		const heard = [], received = []
		let wake
		const three = new Promise((resolve) => wake = resolve)
		const off = await n.onAction((a) => { heard.push(a); if (heard.length === 3) wake() })
		await n.onNotificationReceived((x) => received.push(x.title))
		n.sendNotification({id: 7, title: 'act', actionTypeId: 'mail'})
		await three
		await off.unregister()
		return [heard.map((a) => [a.actionId, a.inputValue, a.notification.id]), received]`,
		func(t *testing.T, s *session.Notifications) {
			got := found(t, s, func(n session.Notification) bool { return n.Title == "act" })
			if !slices.Contains(got.Actions, "Read") || !slices.Contains(got.Actions, "inline-reply") {
				t.Errorf("actions: %q", got.Actions)
			}
			for _, err := range []error{
				s.Click(got.ID, "default", ""), s.Click(got.ID, got.Actions[slices.Index(got.Actions, "Read")-1], ""), s.Answer(got.ID, "hello"),
			} {
				if err != nil {
					t.Error(err)
				}
			}
		}, `[[["tap",null,7],["read",null,7],["answer","hello",7]],["act"]]`,
	},
	{
		[]string{"sendNotification"},
		`const heard = []
		const listen = (title, options, end) => new Promise((resolve) => {
			const x = new Notification(title, options)
			for (const type of ['click', 'close']) x['on' + type] = () => { heard.push(title + ' ' + type); if (type === end) resolve(x) }
			if (end === 'show') x.onshow = () => resolve(x)
		})
		await listen('clicked', {id: 21}, 'click')
		await listen('dismissed', {}, 'close')
		const old = await listen('old', {id: 22}, 'show')
		const next = await listen('next', {id: 22}, 'show')
		old.close() // another has its place
		const closed = new Promise((resolve) => next.addEventListener('close', resolve))
		const before = (await n.active()).some((x) => x.id === 22)
		next.close()
		await closed
		return [heard, before, (await n.active()).some((x) => x.id === 22)]`,
		func(t *testing.T, s *session.Notifications) {
			titled := func(title string) uint32 {
				return found(t, s, func(n session.Notification) bool { return n.Title == title }).ID
			}
			if err := s.Click(titled("clicked"), "default", ""); err != nil {
				t.Error(err)
			}
			if err := s.Dismiss(titled("dismissed")); err != nil {
				t.Error(err)
			}
		}, `[["clicked click","dismissed close","next close"],true,false]`,
	},
	{
		[]string{"Options.title", "Options.body", "Options.icon", "Options.sound", "Options.silent"},
		`n.sendNotification({title: 'loud', body: 'text', icon: 'mail-unread', sound: 'bell'})
		n.sendNotification({title: 'quiet', body: 'text', silent: true})`,
		func(t *testing.T, s *session.Notifications) {
			loud := found(t, s, func(n session.Notification) bool { return n.Title == "loud" })
			if loud.Body != "text" || loud.Icon != "mail-unread" || loud.Hints["sound-name"].Value() != "bell" || loud.Hints["suppress-sound"].Value() == true {
				t.Errorf("got %+v", loud)
			}
			quiet := found(t, s, func(n session.Notification) bool { return n.Title == "quiet" })
			if quiet.Icon != "" || quiet.Hints["suppress-sound"].Value() != true {
				t.Errorf("got %+v", quiet)
			}
		}, `null`,
	},
	{
		[]string{"Options.ongoing", "Options.largeBody"},
		`n.sendNotification({title: 'stays', largeBody: 'a longer text', ongoing: true})
		n.sendNotification({title: 'goes', largeBody: 'a longer text', body: 'a short one'})`,
		func(t *testing.T, s *session.Notifications) {
			stays := found(t, s, func(n session.Notification) bool { return n.Title == "stays" })
			if stays.Body != "a longer text" || stays.Timeout != 0 {
				t.Errorf("got %+v", stays)
			}
			goes := found(t, s, func(n session.Notification) bool { return n.Title == "goes" })
			if goes.Body != "a short one" || goes.Timeout != -1 {
				t.Errorf("got %+v", goes)
			}
		}, `null`,
	},
	{
		[]string{"Options.id", "Options.extra"},
		`const shown = (o) => new Promise((resolve, reject) => { const x = new Notification(o.title, o); x.onshow = resolve; x.onerror = reject })
		await shown({id: 31, title: 'one'})
		await shown({id: 31, title: 'two', extra: {key: [1, 'b']}})
		const all = (await n.active()).filter((x) => x.id === 31)
		return all.map((x) => [x.title, x.extra])`,
		nil, `[["two",{"key":[1,"b"]}]]`,
	},
	{
		[]string{
			"Options.actionTypeId", "ActionType.id", "ActionType.actions", "Action.id", "Action.title", "Action.input",
			"Action.inputButtonTitle", "Action.inputPlaceholder",
		},
		`await n.registerActionTypes([{id: 'options', actions: [
			{id: 'yes', title: 'Yes'}, {id: 'say', title: 'Say', input: true, inputButtonTitle: 'Send', inputPlaceholder: 'Write here'}]}])
		let wake
		const heard = new Promise((resolve) => wake = resolve)
		await n.onAction((a) => wake(a.actionId))
		n.sendNotification({title: 'with options', actionTypeId: 'options'})
		return await heard`,
		func(t *testing.T, s *session.Notifications) {
			got := found(t, s, func(n session.Notification) bool { return n.Title == "with options" })
			reply := slices.Index(got.Actions, "inline-reply")
			if reply < 0 || got.Actions[reply+1] != "Send" || got.Hints["x-kde-reply-placeholder-text"].Value() != "Write here" {
				t.Errorf("got %+v", got)
			}
			yes := slices.Index(got.Actions, "Yes")
			if yes < 0 {
				t.Fatalf("actions: %q", got.Actions)
			}
			if err := s.Click(got.ID, got.Actions[yes-1], ""); err != nil {
				t.Error(err)
			}
		}, `"yes"`,
	},
	{
		[]string{"pending", "cancel", "cancelAll"},
		`await n.cancel([1, -2]); await n.cancelAll(); return await n.pending()`, nil, `[]`,
	},
	{
		[]string{"createChannel", "removeChannel", "channels"},
		`const tries = await Promise.allSettled([n.createChannel({id: 'a', name: 'A'}), n.removeChannel('a'), n.channels()])
		return tries.map((x) => x.status === 'rejected' && x.reason.includes('desktops have no such thing'))`,
		nil, `[true,true,true]`,
	},
	{
		[]string{"Schedule", "Schedule.at", "Schedule.every", "Schedule.interval", "ScheduleEvery", "Importance", "Visibility"},
		`return [n.Schedule.interval({hour: 9}).interval.interval.hour, n.Schedule.at(new Date(7)).at.date.getTime(),
			n.Schedule.every(n.ScheduleEvery.Hour, 2).every, n.Importance.High, n.Visibility.Public]`,
		nil, `[9,7,{"interval":"hour","count":2,"allowWhileIdle":false},4,1]`,
	},
	{
		[]string{"sendNotification"},
		`const { invoke } = window.__TAURI_INTERNALS__
		const bad = [{title: 1}, {title: 'a\0'}, {title: 'a', actionTypeId: 'none'}, {id: 1.5}, {id: 1e99}, 7, {title: 'x'.repeat(70000)}]
		const tries = await Promise.allSettled(bad.map((options) => invoke('plugin:notification|notify', {options})))
		return tries.map((x) => x.status)`,
		nil, `["rejected","rejected","rejected","rejected","rejected","rejected","rejected"]`,
	},
	{
		[]string{"sendNotification"},
		`for (let i = 0; i < 80; i++) await window.__TAURI_INTERNALS__.invoke('plugin:notification|notify', {options: {title: 'many'}})
		return (await n.active()).length`,
		nil, `64`,
	},
}

// idleNotificationOptions uses all options that have no other test.
func idleNotificationOptions(p *published) pluginTest {
	tested := map[string]bool{}
	for _, test := range notificationTests {
		for _, name := range test.exports {
			tested[name] = true
		}
	}
	test := pluginTest{idle: true, want: `true`, body: `const n = p
		await n.registerActionTypes([{id: 'lacks', hiddenPreviewsBodyPlaceholder: 'a', customDismissAction: true, allowInCarPlay: true,
			hiddenPreviewsShowTitle: true, hiddenPreviewsShowSubtitle: true,
			actions: [{id: 'a', title: 'A', requiresAuthentication: true, foreground: true, destructive: true}]}])
		const interval = {year: 2030, month: 1, day: 2, weekday: 3, hour: 4, minute: 5, second: 6}
		await new Promise((resolve, reject) => {
			const x = new Notification('lacks', {channelId: 'a', schedule: n.Schedule.interval(interval), summary: 'a', group: 'a', groupSummary: true,
				inboxLines: ['a'], largeIcon: 'a', iconColor: '#123456', attachments: [], autoCancel: true, visibility: n.Visibility.Secret, number: 1})
			x.onshow = resolve
			x.onerror = reject
		})
		return await n.createChannel({id: 'a', name: 'A', description: 'a', importance: n.Importance.High, lightColor: '#123456', lights: true,
			sound: 'bell', vibration: true, visibility: n.Visibility.Public}).catch((error) => error.includes('desktops have no such thing'))`}
	for _, name := range p.pluginOptions(pluginPackage("notification")) {
		if !tested[name] {
			test.exports = append(test.exports, name)
		}
	}
	return test
}

func found(t *testing.T, s *session.Notifications, wanted func(session.Notification) bool) session.Notification {
	t.Helper()
	n, err := s.Find(t.Context(), wanted)
	if err != nil {
		t.Error(err)
	}
	return n
}

// TestNotificationOfOthers leaves window.Notification alone where a page may
// not show any.
func TestNotificationOfOthers(t *testing.T) {
	app := e2e.Start(t, e2e.Options{})
	var got bool
	app.Main().Must(`return window.Notification?.toString().includes('plugin:notification') ?? false`, &got)
	if got {
		t.Error("window.Notification is replaced")
	}
	if err := app.Main().Run(`await invoke('plugin:notification|notify', {options: {title: 'a'}})`, nil); err == nil || !strings.Contains(err.Error(), "notification:allow-notify") {
		t.Errorf("notify: %v", err)
	}
}
