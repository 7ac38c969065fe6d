// Package mulliontest tests Mullion apps from ordinary Go tests.
//
// [Start] runs an app without windows. The test calls commands as a page of a
// window would, through the router, the capability check and the decoding of
// arguments that a page meets, and it reads events and states. It needs no
// display and no web view, and works on every system:
//
//	func TestGreet(t *testing.T) {
//		app := mulliontest.Start(t, run, nil)
//		var text string
//		if err := app.Page("main").Call("greet", greetArgs{Name: "gopher"}, &text); err != nil {
//			t.Fatal(err)
//		}
//		…
//	}
//
// [Open] runs an app with real windows of the real engine, on a display of its
// own. The test looks at the pages and uses mouse and keyboard:
//
//	func TestMain(m *testing.M) { mulliontest.Main(m) }
//
//	func TestForm(t *testing.T) {
//		d := mulliontest.Open(t, run, nil)
//		w := d.Window("main")
//		w.Find("input").Fill("gopher")
//		w.FindRole("button", "Greet").Click()
//		w.Find("output").WaitText("Hello, gopher")
//	}
//
// In both, run is the function that the app's main gives to [mullion.Main], and
// the test process is the Core: breakpoints, the race detector and coverage
// work as in any Go test. The app has to pass the context that it is given to
// [mullion.App.Run], and to leave [mullion.Options] without a DataDir: the test
// gives each app fresh folders through the environment. So tests with Start and
// Open cannot be parallel.
//
// Methods without an error result fail the test when they cannot do what they
// say, so they must be called on the goroutine of the test. They wait, without
// a sleep in the test: for a window to open, for an element to appear and to
// stand still. Limits are told in the time of a machine at rest and grow on one
// that is slow. The text of a failure says what was there instead.
//
// Only _test.go files should import this package: it contains the package
// testing and both ends of every connection.
package mulliontest
