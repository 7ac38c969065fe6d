package conformance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/internal/e2e"
	"github.com/mullion-dev/mullion/plugin/shell"
)

// shellSuite looks at the files that programs write, and at processes.
func shellSuite(t *testing.T, _ *published) pluginSuite {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "tool"), []byte("#!/bin/sh\necho sidecar \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OF_THE_APP", "yes")
	scope := []any{
		map[string]any{"name": "sh", "cmd": "sh", "args": true, "env": []any{"A"}},
		map[string]any{"name": "cat", "cmd": "cat"},
		map[string]any{"name": "echo", "cmd": "echo", "args": []any{"fixed", map[string]any{"validator": "[a-z]+"}}},
		map[string]any{"name": "bin/tool", "sidecar": true, "args": true},
	}
	suite := pluginSuite{options: e2e.Options{
		Config: `{"bundle": {"externalBin": ["bin/tool"]}, "plugins": {"shell": {"open": "https://example\\.org/.*"}}}`,
		Permissions: []any{
			"shell:default", "shell:allow-kill", "shell:allow-stdin-write",
			map[string]any{"identifier": "shell:allow-execute", "allow": scope}, map[string]any{"identifier": "shell:allow-spawn", "allow": scope},
		},
		Setup: func(app *mullion.App) { app.AddPlugin(shell.New(shell.Options{Sidecars: dir}).Plugin()) },
	}}
	file := func(name string) string { return filepath.Join(dir, name) }
	// program fills in names of files.
	program := func(text string) string { return strings.ReplaceAll(text, "DIR", dir) }
	reads := func(name, want string) func(*testing.T, *e2e.App) {
		return func(t *testing.T, _ *e2e.App) {
			if err := e2e.WaitFor(e2e.Timeout, func() error {
				got, err := os.ReadFile(file(name))
				if err == nil && string(got) != want {
					err = fmt.Errorf("%s has %q; want %q", name, got, want)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		}
	}
	suite.tests = []pluginTest{
		{
			exports: []string{"Command", "Command.create", "Command.execute"},
			body: program(`const out = await p.Command.create('sh', ['-c', 'echo out; echo err >&2; echo here > DIR/execute; exit 3']).execute()
			const killed = await p.Command.create('sh', ['-c', 'kill -TERM $$']).execute()
			const fixed = await p.Command.create('echo', ['other', 'abc', 'more']).execute()
			const refused = await Promise.allSettled([p.Command.create('echo', ['', '5']).execute(), p.Command.create('ls').execute()])
			return [out, killed.code, killed.signal, fixed.stdout, refused.map((x) => x.status)]`),
			outside: reads("execute", "here\n"),
			want:    `[{"code":3,"signal":null,"stdout":"out\n","stderr":"err\n"},null,15,"fixed abc\n",["rejected","rejected"]]`,
		},
		{
			exports: []string{"Command.sidecar"},
			body:    `return (await p.Command.sidecar('bin/tool', ['a b']).execute()).stdout`,
			want:    `"sidecar a b\n"`,
		},
		{
			exports: []string{"SpawnOptions.cwd", "SpawnOptions.env", "SpawnOptions.encoding"},
			body: program(`const run = async (script, options) => (await p.Command.create('sh', ['-c', script], options).execute()).stdout
			return [await run('pwd > where; cat where', {cwd: 'DIR'}), await run('echo $A $OF_THE_APP $TZ', {env: {A: 'b', TZ: 'Europe/Berlin'}}), await run('echo $OF_THE_APP', {env: null}),
				await run("printf '\\351'", {encoding: 'windows-1252'}), Array.from(await run("printf '\\0\\377'", {encoding: 'raw'}))]`),
			outside: func(t *testing.T, app *e2e.App) { reads("where", dir+"\n")(t, app) },
			want:    program(`["DIR\n","b yes Europe/Berlin\n","\n","é",[0,255]]`),
		},
		{
			exports: []string{"Command.spawn"},
			body: `const all = []
			const command = p.Command.create('sh', ['-c', 'echo a; echo b; echo c >&2; exit 4'])
			const closed = new Promise((resolve) => command.on('close', resolve))
			command.stdout.on('data', (line) => all.push(line))
			const err = []
			command.stderr.on('data', (line) => err.push(line))
			await command.spawn()
			return [await closed, all, err]`,
			want: `[{"code":4,"signal":null},["a\n","b\n"],["c\n"]]`,
		},
		{
			exports: []string{"Command.on"},
			body: `const command = p.Command.create('sh', ['-c', "printf '\\377'"])
			const failed = new Promise((resolve) => command.on('error', resolve))
			await command.spawn()
			return (await failed).includes('not UTF-8')`,
			want: `true`,
		},
		{
			exports: []string{"Child", "Child.write", "Child.kill"},
			body: program(`const command = p.Command.create('sh', ['-c', 'echo $$ > DIR/pid; sleep 1000 & cat > DIR/written'])
			const closed = new Promise((resolve) => command.on('close', resolve))
			const child = await command.spawn()
			await child.write('text ')
			await child.write([98, 121])
			await child.write(new Uint8Array([116, 101, 115]))
			const written = async () => (await p.Command.create('sh', ['-c', 'cat DIR/written']).execute()).stdout
			while (await written() !== 'text bytes') await new Promise((resolve) => setTimeout(resolve, 10))
			const pid = (await p.Command.create('sh', ['-c', 'cat DIR/pid']).execute()).stdout
			await child.kill()
			return [pid === child.pid + '\n', (await closed).signal]`),
			outside: func(t *testing.T, app *e2e.App) {
				reads("written", "text bytes")(t, app)
				var pid int
				if text, err := os.ReadFile(file("pid")); err != nil {
					t.Error(err)
				} else if _, err := fmt.Sscan(string(text), &pid); err != nil {
					t.Error(err)
				}
				if err := e2e.WaitFor(e2e.Timeout, func() error {
					if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err == nil {
						return errors.New("the program lives")
					}
					return nil
				}); err != nil {
					t.Error(err)
				}
			},
			want: `[true,9]`,
		},
		{
			exports: []string{
				"EventEmitter", "EventEmitter.addListener", "EventEmitter.removeListener", "EventEmitter.on", "EventEmitter.once", "EventEmitter.off",
				"EventEmitter.removeAllListeners", "EventEmitter.listenerCount", "EventEmitter.prependListener", "EventEmitter.prependOnceListener", "EventEmitter.emit",
			},
			body: `const command = p.Command.create('sh', ['-c', 'echo a; echo b'])
			const heard = []
			const gone = () => heard.push('gone'), also = () => heard.push('also gone')
			const out = command.stdout
			out.addListener('data', (x) => heard.push('add ' + x)).on('data', (x) => heard.push('on ' + x)).once('data', (x) => heard.push('once ' + x))
			out.prependListener('data', (x) => heard.push('first ' + x)).prependOnceListener('data', (x) => heard.push('first once ' + x))
			out.on('data', gone).off('data', gone).on('data', also).removeListener('data', also)
			const count = out.listenerCount('data')
			out.on('other', gone).removeAllListeners('other')
			const closed = new Promise((resolve) => command.on('close', resolve))
			await command.spawn()
			await closed
			out.emit('data', 'own')
			return [command instanceof p.EventEmitter, count, out.listenerCount('other'), heard.map((x) => x.trim())]`,
			want: `[true,5,0,["first once a","first a","add a","on a","once a","first b","add b","on b","first own","add own","on own"]]`,
		},
		{
			exports: []string{
				"Command.addListener", "Command.removeListener", "Command.once", "Command.off", "Command.removeAllListeners", "Command.listenerCount",
				"Command.prependListener", "Command.prependOnceListener", "Command.emit",
			},
			body: `const command = p.Command.create('sh', ['-c', 'exit 6'])
			const heard = []
			const gone = () => heard.push('gone'), also = () => heard.push('also gone')
			command.addListener('close', (x) => heard.push('add ' + x.code)).once('close', (x) => heard.push('once ' + x.code))
			command.prependListener('close', (x) => heard.push('first ' + x.code)).prependOnceListener('close', (x) => heard.push('first once ' + x.code))
			command.addListener('close', gone).off('close', gone).addListener('close', also).removeListener('close', also)
			const count = command.listenerCount('close')
			command.addListener('error', gone).removeAllListeners('error')
			const closed = new Promise((resolve) => command.addListener('close', resolve))
			await command.spawn()
			await closed
			return [count, command.emit('error', 'x'), command.emit('close', {code: 7}), heard]`,
			want: `[4,false,true,["first once 6","first 6","add 6","once 6","first 7","add 7"]]`,
		},
		{
			exports: []string{"open"},
			body: program(`const refused = await Promise.allSettled([p.open('https://example.com/'), p.open('file:///etc/passwd'), p.open('https://example.org/', 'sh')])
			await p.open('https://example.org/a?b')
			await p.open('https://example.org/c', 'firefox')
			return refused.map((x) => x.status)`),
			outside: reads("opened", "https://example.org/a?b\nfirefox https://example.org/c\n"),
			want:    `["rejected","rejected","rejected"]`,
		},
	}
	// The programs of the user: they tell what they were to open.
	for name, script := range map[string]string{"xdg-open": `echo "$1" >> DIR/opened`, "firefox": `echo firefox "$1" >> DIR/opened`} {
		if err := os.WriteFile(file(name), []byte(program("#!/bin/sh\n"+script+"\n")), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return suite
}
