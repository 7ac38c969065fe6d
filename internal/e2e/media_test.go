package e2e_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// tone is a WAV file of so many seconds.
func tone(seconds int) []byte {
	const rate = 8000
	b := []byte("RIFF....WAVEfmt ")
	le := binary.LittleEndian
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1) // PCM, one channel
	b = le.AppendUint32(le.AppendUint32(b, rate), 2*rate)
	b = le.AppendUint16(le.AppendUint16(b, 2), 16)
	b = le.AppendUint32(append(b, "data"...), uint32(2*rate*seconds))
	for i := range rate * seconds {
		b = le.AppendUint16(b, uint16(int16(8000*math.Sin(float64(i)*2*math.Pi*440/rate))))
	}
	le.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// TestMedia plays a file of the user in a page of the app, from its beginning and
// from a place near its end, with no network granted. What is no request of a
// media element, of that page, for such a file in scope, gets nothing.
func TestMedia(t *testing.T) {
	dir := t.TempDir()
	scope := filepath.Join(dir, "scope")
	if err := os.Mkdir(scope, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"scope/tone.wav": tone(20), "secret.wav": tone(1), "scope/page.html": []byte("<p>html")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app := e2e.Start(t, e2e.Options{
		Offline: true,
		Config:  fmt.Sprintf(`{"app": {"security": {"assetProtocol": {"enable": true, "scope": [%q]}}}}`, scope+"/**"),
	})
	const helpers = `
		const media = (path) => window.__TAURI_INTERNALS__.convertFileSrc(path, 'media');
		const load = (src, tag = 'audio') => new Promise((resolve) => {
			const a = document.createElement(tag);
			a.muted = true;
			a.onerror = () => resolve('error ' + a.error.code);
			a.oncanplay = () => resolve(a);
			a.src = src;
		});
		const event = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
	`
	var got []any
	app.Main().Must(helpers+fmt.Sprintf(`
		const a = await load(media(%[1]q));
		if (typeof a === 'string') return [a];
		const ended = event(a, 'ended');
		const seeked = event(a, 'seeked');
		a.currentTime = 19.5;
		await seeked;
		const at = a.currentTime;
		await a.play();
		await ended;
		const v = await load(media(%[1]q), 'video');
		return [Math.round(a.duration), at, a.ended, typeof v];`, scope+"/tone.wav"), &got)
	if fmt.Sprint(got) != "[20 19.5 true object]" {
		t.Errorf("got %v", got)
	}

	for _, test := range []struct{ name, script, want string }{
		{"out of scope", `return await load(media(SECRET))`, "error 4"},
		{"no media", `return await load(media(HTML))`, "error 4"},
		{"without a token", `return await load(media(TONE).split('?')[0])`, "error 4"},
		{"another token", `return await load(media(TONE).slice(0, -4) + 'AAAA')`, "error 4"},
		{"another port", `return await load(media(TONE).replace('.localhost', '.localhost:8080'))`, "error 4"},
		{"another name", `return await load(media(TONE).replace('asset.', 'other.'))`, "error 4"},
		{"a name below it", `return await load(media(TONE).replace('asset.', 'evil.asset.'))`, "error 4"},
		{"fetch", `return await fetch(media(TONE)).then((r) => r.status, (e) => 'failed')`, "failed"},
		{"fetch that says it is audio", `return await fetch(media(TONE), { headers: { 'Sec-Fetch-Dest': 'audio' } }).then((r) => r.status, (e) => 'failed')`, "failed"},
		{"request that says it is audio", `return await new Promise((r) => {
			const x = new XMLHttpRequest();
			x.open('GET', media(TONE));
			x.setRequestHeader('Sec-Fetch-Dest', 'audio');
			x.onload = () => r(x.status);
			x.onerror = () => r('failed');
			x.send();
		})`, "failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got any
			app.Main().Must(helpers+fmt.Sprintf(`const TONE = %q, SECRET = %q, HTML = %q;`, scope+"/tone.wav", dir+"/secret.wav", scope+"/page.html")+test.script, &got)
			if fmt.Sprint(got) != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}
