package ending_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing/fstest"

	"github.com/mullion-dev/mullion"
	"github.com/mullion-dev/mullion/capability"
	"github.com/mullion-dev/mullion/config"
)

const (
	// counterOutVariable names a file for what the app prints.
	counterOutVariable = "MULLION_E2E_COUNTER_OUT"
	// counterEarlyVariable has the app be asked to end before it runs.
	counterEarlyVariable = "MULLION_E2E_COUNTER_EARLY"
)

// counterOutput is where the app prints.
func counterOutput() (io.Writer, error) {
	if name := os.Getenv(counterOutVariable); name != "" {
		return os.OpenFile(name, os.O_WRONLY, 0)
	}
	return os.Stdout, nil
}

// counterVariable makes the test binary an app whose page counts how often it
// was loaded, in what the engine keeps. It is the app's folder for data.
const counterVariable = "MULLION_E2E_COUNTER"

const counterPage = `<!doctype html><title>counter</title><script type="module">
	import { invoke } from '/_mullion/api.js';
	localStorage.n = (localStorage.n | 0) + 1;
	await invoke('loaded', { n: localStorage.n | 0 });
</script>`

// counter is that app. It prints "loaded N" each time, and "ended" when Run has
// returned.
func countLoads(ctx context.Context) error {
	conf, err := config.Parse("mullion.conf.json", []byte(`{
		"identifier": "dev.mullion.counter", "build": {"frontendDist": "ui"}, "app": {"windows": [{"label": "main"}]}}`))
	if err != nil {
		return err
	}
	caps, err := capability.Parse("capabilities/main.json", []byte(`{"identifier": "main", "windows": ["main"], "permissions": ["allow-loaded"]}`))
	if err != nil {
		return err
	}
	app, err := mullion.New(mullion.Options{
		Config: conf, Capabilities: caps, DataDir: os.Getenv(counterVariable),
		Assets: fstest.MapFS{"index.html": {Data: []byte(counterPage)}},
	})
	if err != nil {
		return err
	}
	out, err := counterOutput()
	if err != nil {
		return err
	}
	if os.Getenv(counterEarlyVariable) != "" {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Signal(syscall.SIGTERM)
		}
		if err != nil {
			return err
		}
		<-ctx.Done()
	}
	mullion.Handle(app, "loaded", func(_ context.Context, a struct {
		N int `json:"n"`
	}) (struct{}, error) {
		fmt.Fprintln(out, "loaded", a.N)
		return struct{}{}, nil
	})
	err = app.Run(ctx)
	fmt.Fprintln(out, "ended")
	return err
}
