package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/config"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/internal/rendering"
)

// TestConfinement checks that an app runs on systems that lack layers of the
// confinement, and says what is weaker.
func TestConfinement(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("hosts are confined on Linux only")
	}
	for _, test := range []struct {
		name    string
		without []string
		level   mullion.ConfinementLevel
		missing string // in the log
	}{
		{"everything", nil, mullion.ConfinementFull, ""},
		{"Landlock ABI 1", []string{"namespaces", "landlock:1"}, mullion.ConfinementStrong, "layer=namespaces"},
		{"Landlock ABI 2", []string{"namespaces", "landlock:2"}, mullion.ConfinementStrong, "layer=namespaces"},
		{"Landlock ABI 4", []string{"namespaces", "landlock:4"}, mullion.ConfinementStrong, "layer=namespaces"},
		{"Landlock ABI 6", []string{"landlock:6"}, mullion.ConfinementFull, ""},
		{"no Landlock", []string{"landlock"}, mullion.ConfinementStrong, "layer=landlock"},
		{"no notification of seccomp", []string{"broker"}, mullion.ConfinementStrong, "layer=broker"},
		{"no guard", []string{"display"}, mullion.ConfinementStrong, "layer=display"},
		{"neither namespaces nor notification", []string{"namespaces", "broker"}, mullion.ConfinementFiles, "layer=broker"},
		{"nothing", []string{"namespaces", "landlock", "seccomp"}, mullion.ConfinementNone, "layer=landlock"},
	} {
		t.Run(test.name, func(t *testing.T) {
			app := e2e.Start(t, e2e.Options{WithoutLayers: test.without})
			var title string
			app.Main().Must("return document.title", &title)
			hosts := app.Confinement()
			if len(hosts) != 1 || hosts[0].Process != "app" || hosts[0].PID == 0 || hosts[0].Level != test.level {
				t.Errorf("confinement: %+v", hosts)
			}
			if test.missing != "" && !app.Log.Contains(test.missing) {
				t.Errorf("%q is not in the log", test.missing)
			}
			for _, layer := range []string{"namespaces", "landlock", "seccomp", "broker", "display"} {
				if test.missing == "" && app.Log.Contains("layer="+layer) {
					t.Errorf("%s is missing", layer)
				}
			}
		})
	}
}

// TestMinConfinement checks that an app that demands more than there is does
// not come up, and learns why.
func TestMinConfinement(t *testing.T) {
	conf, err := config.Parse("mullion.conf.json", []byte(`{"identifier": "dev.mullion.demanding", "app": {"windows": [{"url": "app://localhost/"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	app, err := mullion.New(mullion.Options{
		Config: conf, DataDir: t.TempDir(), MinConfinement: mullion.ConfinementFull, WithoutLayers: []string{"namespaces"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := e2e.Context(t)
	err = app.Run(ctx)
	if err == nil || !strings.Contains(err.Error(), `"full" is demanded at least; missing: namespaces (switched off)`) {
		t.Errorf("Run: %v", err)
	}
}

// TestOthersNeedConfinement checks that remote pages are not shown where
// the user's files are in reach, and that other windows are.
func TestOthersNeedConfinement(t *testing.T) {
	app := e2e.Start(t, e2e.Options{WithoutLayers: []string{"namespaces", "landlock"}})
	o := app.WindowOptions("remote")
	o.URL = "http://127.0.0.1:1/"
	if _, err := app.OpenWindow(t.Context(), o); err == nil || !strings.Contains(err.Error(), `"files" is demanded at least`) {
		t.Errorf("a window for remote pages: %v", err)
	}
	var sum int
	app.Main().Must("return 40 + 2", &sum)
	if sum != 42 {
		t.Errorf("the main window: %d", sum)
	}
}

// paintings is a page of all kinds of drawing. It is still when it says so.
const paintings = `<!doctype html><meta charset="utf-8"><title>paintings</title>
<style>body { margin: 8px; font: 16px serif } .g { width: 100px; height: 60px; background: linear-gradient(45deg, red, blue); border-radius: 12px; box-shadow: 3px 3px 6px #0008 } canvas, svg, video { width: 120px; height: 80px } code { font-family: monospace } b { font-family: sans-serif }</style>
<p>Serif, <b>sans serif</b>, <code>monospace</code>, ελληνικά, русский, 🙂 <input value="text"> <button>button</button> <select><option>one</option></select></p>
<div class="g"></div><canvas id="c" width="120" height="80"></canvas><canvas id="w" width="120" height="80"></canvas>
<svg viewBox="0 0 120 80"><circle cx="40" cy="40" r="30" fill="green"/><path d="M60 10 L110 70 L60 70 Z" fill="orange" stroke="black"/><text x="20" y="45">svg</text></svg>
<video id="v" muted></video>
<pre id="out"></pre>
<script type="module" src="/paint.js"></script>`

const paintScript = `
const out = document.getElementById('out'), lines = [];
async function row(name, f) {
	let got;
	try { got = await f() } catch (e) { got = e.name + ': ' + e.message }
	lines.push(name + ': ' + got);
}
const c = document.getElementById('c').getContext('2d');
c.fillStyle = 'teal'; c.fillRect(5, 5, 60, 40); c.font = '20px serif'; c.fillStyle = 'black'; c.fillText('canvas', 20, 60); c.arc(90, 30, 20, 0, 5); c.stroke();
await row('webgl', () => {
	const gl = document.getElementById('w').getContext('webgl', { preserveDrawingBuffer: true });
	if (!gl) return 'none';
	gl.clearColor(0.2, 0.4, 0.8, 1); gl.clear(gl.COLOR_BUFFER_BIT);
	gl.enable(gl.SCISSOR_TEST); gl.scissor(20, 20, 40, 30); gl.clearColor(1, 0.8, 0, 1); gl.clear(gl.COLOR_BUFFER_BIT);
	const p = new Uint8Array(4); gl.readPixels(30, 30, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, p);
	return p.join();
});
await row('worker', () => new Promise((resolve, reject) => {
	const w = new Worker('/worker.js'); w.onmessage = (e) => resolve(e.data); w.onerror = () => reject(new Error('worker'));
}));
await row('wasm', async () => {
	const code = new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]);
	return (await WebAssembly.instantiate(code)).instance.exports.add(40, 2);
});
await row('indexedDB', () => new Promise((resolve, reject) => {
	const r = indexedDB.open('db', 1);
	r.onupgradeneeded = () => r.result.createObjectStore('s');
	r.onerror = () => reject(r.error);
	r.onsuccess = () => {
		const t = r.result.transaction('s', 'readwrite'); t.objectStore('s').put('kept', 1);
		const g = t.objectStore('s').get(1); g.onsuccess = () => resolve(g.result); g.onerror = () => reject(g.error);
	};
}));
await row('localStorage', () => { localStorage.setItem('a', 'b'); return localStorage.getItem('a') });
await row('cache', async () => { const k = await caches.open('k'); await k.put('/x', new Response('y')); return await (await k.match('/x')).text() });
await row('fonts', () => ['serif', 'sans-serif', 'monospace'].map((f) => { c.font = '40px ' + f; return Math.round(c.measureText('measured text').width) }).join());
await row('crypto', async () => (await crypto.subtle.digest('SHA-256', new Uint8Array(3))).byteLength);
await row('video', () => ['video/webm; codecs="vp8"', 'video/mp4', 'audio/ogg'].map((t) => document.createElement('video').canPlayType(t) || 'no').join());
await row('picture of the video', () => new Promise((resolve, reject) => {
	const v = document.getElementById('v');
	const seen = () => {
		const p = document.createElement('canvas').getContext('2d');
		p.drawImage(v, 0, 0, 120, 80);
		resolve(v.videoWidth + 'x' + v.videoHeight + ' ' + [10, 60, 110].map((x) => p.getImageData(x, 20, 1, 1).data.slice(0, 3).join()).join(' '));
	};
	v.onerror = () => reject(new Error(v.error.message));
	v.onloadeddata = seen;
	setTimeout(() => reject(new Error('nothing was loaded')), 20000);
	// The engine's player does not ask for addresses of other schemes.
	fetch('/bars.webm').then((r) => r.blob()).then((b) => { v.src = URL.createObjectURL(b) }, reject);
}));
await row('audio', async () => { const a = new OfflineAudioContext(1, 100, 44100); const o = a.createOscillator(); o.connect(a.destination); o.start(); return (await a.startRendering()).length });
await row('language', () => navigator.language + ' ' + new Intl.DateTimeFormat().resolvedOptions().timeZone + ' ' + navigator.onLine);
await row('image', async () => { const i = new Image(); i.src = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"/>'; await i.decode(); return i.naturalWidth + 'x' + i.naturalHeight });
out.textContent = lines.join('\n');
document.title = 'painted';
`

// emulation are libraries of Mesa that draw without a GPU.
var emulation = regexp.MustCompile(`\S*(libLLVM|libgallium|swrast_dri|libEGL_mesa)\S*`)

// TestHostWithoutEGL: where nothing is accelerated the host does not load what
// emulates a GPU; web processes do, for WebGL.
func TestHostWithoutEGL(t *testing.T) {
	if rendering.Detect(os.DirFS("/")).GPU != rendering.NoGPU {
		t.Skip("this machine has a GPU")
	}
	app := e2e.Start(t, e2e.Options{})
	app.Main().Must(`return 1`, nil)
	host := app.Processes()["app"]
	loaded := func(pid int) string {
		maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
		if err != nil {
			t.Skip("the memory of a process that is sealed is root's: ", err)
		}
		return emulation.FindString(string(maps))
	}
	if got := loaded(host); got != "" {
		t.Errorf("the host has loaded %s", got)
	}
	for _, pid := range e2e.PIDs(host, e2e.WebProcess) {
		if loaded(pid) == "" {
			t.Error("a web process has no emulation: the test looks for the wrong names")
		}
	}
}

// TestPictures checks that pages look the same, and can do the same, with
// confinement and without.
func TestPictures(t *testing.T) {
	// Eight frames of colour bars in VP8.
	video, err := os.ReadFile("testdata/bars.webm")
	if err != nil {
		t.Fatal(err)
	}
	paint := func(name string, without ...string) (string, *image.RGBA) {
		var text string
		var picture *image.RGBA
		t.Run(name, func(t *testing.T) {
			app := e2e.Start(t, e2e.Options{
				WithoutLayers: without,
				Config: `{"app": {"security": {"csp": "default-src 'self' 'unsafe-inline' data:; script-src 'self' 'wasm-unsafe-eval'; media-src blob:"},
					"windows": [{"label": "main", "title": "main", "url": "page.html", "width": 800, "height": 600, "decorations": false, "x": 0, "y": 0}]}}`,
				Files: map[string]string{"paintings.html": paintings, "paint.js": paintScript, "worker.js": "postMessage(6 * 7)", "bars.webm": string(video)},
			})
			app.Main().Must(`
				const f = document.createElement('iframe'); f.src = '/paintings.html';
				f.style = 'position: fixed; inset: 0; width: 100%; height: 100%; border: 0; background: white';
				document.body.append(f);
				while (f.contentDocument?.title !== 'painted') await new Promise((r) => setTimeout(r, 20));
				// All of it once more, in one go: an edge that is painted in parts, as the
				// page comes, can be a shade lighter there.
				const drawn = () => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(r, 300))));
				await drawn();
				f.style.visibility = 'hidden';
				await drawn();
				f.style.visibility = '';
				await drawn();
				return f.contentDocument.getElementById('out').textContent`, &text)
			// A busy machine paints late: it is done when nothing changes any more.
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				time.Sleep(100 * time.Millisecond)
				before := picture
				var err error
				if picture, err = e2e.Screen(t).Picture(image.Rect(0, 0, 800, 600)); err != nil {
					return err
				}
				if before == nil || differing(before, picture) > 0 {
					return errors.New("it is still being painted")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
		return text, picture
	}
	// Without the guard of the display the host has GLX, and so EGL.
	freeText, free := paint("unconfined", "namespaces", "landlock", "seccomp", "display")
	if t.Failed() {
		return
	}
	t.Log(freeText)
	// What cannot be done in either case compares nothing.
	for _, want := range []string{"webgl: 255,204,0,255", "worker: 42", "wasm: 42", "indexedDB: kept", "localStorage: b", "picture of the video: 120x80 "} {
		if !strings.Contains(freeText, want) {
			t.Errorf("%q is missing without confinement", want)
		}
	}
	for _, without := range [][]string{nil, {"namespaces"}} {
		name := strings.Join(append([]string{"without"}, without...), " ")
		text, picture := paint(name, without...)
		if t.Failed() {
			return
		}
		if text != freeText {
			t.Errorf("%s: confined\n%s\nunconfined\n%s", name, text, freeText)
		}
		if n := differing(free, picture); n > 0 {
			t.Errorf("%s: %d pixels differ; see %s and %s", name, n, keep(t, "unconfined", free), keep(t, name, picture))
		}
	}
}

// differing counts the pixels that are not the same; a text cursor would not
// be, so no field has the focus.
func differing(a, b *image.RGBA) int {
	if a.Bounds() != b.Bounds() || len(a.Pix) != len(b.Pix) {
		return a.Bounds().Dx() * a.Bounds().Dy()
	}
	if bytes.Equal(a.Pix, b.Pix) {
		return 0
	}
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		if !bytes.Equal(a.Pix[i:i+4], b.Pix[i:i+4]) {
			n++
		}
	}
	return n
}

// keep writes a picture to a file that outlives the test.
func keep(t *testing.T, name string, picture image.Image) (file string) {
	f, err := os.CreateTemp("", "mullion-"+strings.ReplaceAll(name, " ", "-")+"-*.png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, picture); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
