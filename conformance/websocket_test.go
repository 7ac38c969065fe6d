package conformance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	plugin "github.com/mullion-dev/mullion/plugin/websocket"
)

// websocketSuite is checked by a server.
func websocketSuite(t *testing.T, _ *published) pluginSuite {
	heard := make(chan string, 100)
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetPingHandler(func(data string) error {
			heard <- "ping " + data
			return c.WriteMessage(websocket.TextMessage, []byte("pinged"))
		})
		c.SetPongHandler(func(data string) error { heard <- "pong " + data; return nil })
		fail := func(err error) bool { return err != nil }
		if fail(c.WriteMessage(websocket.TextMessage, []byte("hello "+r.Header.Get("X-Own")))) {
			return
		}
		for {
			kind, data, err := c.ReadMessage()
			if closed, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // as it is returned
				heard <- fmt.Sprint("close ", closed.Code, " ", closed.Text)
			}
			if err != nil {
				return
			}
			var size int
			switch n, _ := fmt.Sscanf(string(data), "send %d", &size); {
			case n == 1:
				err = c.WriteMessage(websocket.BinaryMessage, make([]byte, size))
			case string(data) == "ping":
				err = c.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(time.Minute))
			case string(data) == "close":
				err = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "bye"), time.Now().Add(time.Minute))
			default:
				err = c.WriteMessage(kind, data)
			}
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	hears := func(want ...string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) {
			for _, w := range want {
				select {
				case got := <-heard:
					if got != w {
						t.Errorf("the server heard %q, want %q", got, w)
					}
				case <-time.After(2 * time.Minute): // a body that has failed says nothing
					t.Errorf("the server heard nothing, want %q", w)
					return
				}
			}
		}
	}
	suite := pluginSuite{
		options: e2e.Options{
			Permissions: []any{map[string]any{
				"identifier": "websocket:default", "allow": []any{map[string]any{"url": "ws://127.0.0.1:*"}}, "deny": []any{map[string]any{"url": "ws://127.0.0.1:*/secret"}},
			}},
			Setup: func(app *mullion.App) { app.AddPlugin(plugin.New().Plugin()) },
		},
		notes: map[string]string{
			"ConnectionConfig.maxMessageSize": "at most 8 MiB as JSON, which is about 2 MB of bytes, also by default and for \"none\"",
			"ConnectionConfig.maxFrameSize":   "at most 16 MiB, also for \"none\"",
		},
		tests: []pluginTest{
			{
				exports: []string{"default", "default.connect", "default.addListener", "default.send", "default.disconnect"},
				body: `const { ws, next } = await open('/')
					const got = [await next()]
					const other = [], off = ws.addListener((m) => other.push(m.data))
					await ws.send('text ä'); got.push(await next())
					off()
					await ws.send([0, 1, 255]); got.push(await next())
					await ws.send({type: 'Binary', data: [7]}); got.push(await next())
					await ws.send({type: 'Ping', data: [97]}); got.push(await next())
					await ws.send({type: 'Pong', data: [98]})
					await ws.send('ping'); got.push(await next())
					await ws.disconnect(); got.push(await next())
					return [got, other, await failed(ws.send('x')) === 'connection not found for the given id: ' + ws.id]`,
				outside: hears("ping a", "pong b", "pong x", "close 1000 Disconnected by client"),
				want: `[[{"type":"Text","data":"hello "},{"type":"Text","data":"text ä"},{"type":"Binary","data":[0,1,255]},{"type":"Binary","data":[7]},{"type":"Text","data":"pinged"},` +
					`{"type":"Ping","data":[120]},{"type":"Close","data":{"code":1000,"reason":""}}],["text ä"],true]`,
			},
			{
				exports: []string{"default.connect", "default.send"},
				body: `const { ws, next } = await open('/')
					await next()
					await ws.send('close')
					return [await next(), await failed(p.default.connect(s + '/secret')), await failed(p.default.connect(s.replace('127.0.0.1', 'localhost'))),
						await failed(p.default.connect('ws://169.254.169.254')), await failed(p.default.connect('https://example.com'))].map((x) => typeof x === 'string' ? x.replace(s, 'S').replace(/:\d+/, '') : x)`,
				outside: hears("close 4000 "),
				want: `[{"type":"Close","data":{"code":4000,"reason":"bye"}},"url not allowed on the configured scope: S/secret","url not allowed on the configured scope: ws://localhost",` +
					`"url not allowed on the configured scope: ws://169.254.169.254","scheme https not supported"]`,
			},
			{
				exports: []string{"ConnectionConfig.headers"},
				body:    `return [(await (await open('/', {headers: {'X-Own': 'a'}})).next()).data, (await (await open('/', {headers: new Headers([['x-own', 'b']])})).next()).data]`,
				want:    `["hello a","hello b"]`,
			},
			{
				exports: []string{"ConnectionConfig.maxMessageSize", "ConnectionConfig.maxFrameSize"},
				body: `const sized = async (config) => {
						const { ws, next } = await open('/', config)
						await next()
						await ws.send('send 2000')
						const m = await next()
						return typeof m === 'string' ? m : m.data.length
					}
					return [await sized({maxMessageSize: 2000}), await sized({maxMessageSize: 'none', maxFrameSize: 'none'}), await sized({maxMessageSize: 1999}), await sized({maxFrameSize: 1999})]`,
				want: `[2000,2000,"a message that is longer than maxMessageSize","a frame of 2000 bytes, which is longer than maxFrameSize"]`,
			},
			{
				exports: []string{"ConnectionConfig.readBufferSize", "ConnectionConfig.writeBufferSize"},
				body: `const { ws, next } = await open('/', {readBufferSize: 1000, writeBufferSize: 1000})
					await next()
					await ws.send('x'.repeat(1_000_000))
					return (await next()).data.length`,
				want: `1000000`,
			},
			{
				exports: []string{"ConnectionConfig.maxWriteBufferSize", "ConnectionConfig.acceptUnmaskedFrames"}, idle: true,
				body: `return (await (await open('/', {maxWriteBufferSize: 1, acceptUnmaskedFrames: true})).next()).data`, want: `"hello "`,
			},
		},
	}
	vars := fmt.Sprintf("const s = %q, failed = (x) => x.then(() => 'done', (e) => String(e).split(': add {')[0])\n", strings.Replace(s.URL, "http", "ws", 1)) + `
		const open = async (path, config) => {
			const ws = await p.default.connect(s + path, config), queue = []
			let wake = () => {}
			ws.addListener((m) => { queue.push(m); wake() })
			const next = async () => {
				while (!queue.length) await new Promise((resolve) => wake = resolve)
				return queue.shift()
			}
			return { ws, next }
		}
	`
	for i := range suite.tests {
		suite.tests[i].body = vars + suite.tests[i].body
	}
	return suite
}
