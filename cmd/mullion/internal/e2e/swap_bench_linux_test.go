package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mullion-dev/mullion/internal/display"
)

// measuredPage tells when a new program has first answered it.
const measuredPage = `import { invoke } from "@mullion/api";
const typed = document.querySelector("input")!;
typed.focus();
let last = 0;
for (;;) {
  try {
    const version = await invoke<number>("version");
    const at = Date.now();
    if (version !== last) await invoke("told", { what: ` + "`version=${version} at=${at} typed=${typed.value} page=${performance.timeOrigin}.`" + ` });
    last = version;
  } catch {
    // the program went away
  }
  await new Promise((resolve) => setTimeout(resolve, 1));
}
`

// BenchmarkSave measures how long it takes from a saved Go file until the page
// has its first answer of the new program: with the windows that stay, and with
// the whole app started again. It prints each time, and what has become of the
// window. Run it with -benchtime=1x: that is five saves.
func BenchmarkSave(b *testing.B) {
	needDisplay(b)
	for name, args := range map[string][]string{"swap": {"dev"}, "restart": {"dev", "--restart"}} {
		b.Run(name, func(b *testing.B) {
			dir := project(b, "app")
			write(b, filepath.Join(dir, "ui", "main.ts"), measuredPage)
			r := start(b, dir, args...)
			first := r.answer(1)
			id := r.window()
			screen := display.Open(b)
			if err := screen.Activate(id); err != nil {
				b.Fatal(err)
			}
			if err := screen.Type("typed"); err != nil {
				b.Fatal(err)
			}
			b.Logf("hosts are confined: %s", r.confinement())
			var all, builds []time.Duration
			version := 1
			for range 5 * b.N {
				saved := time.Now()
				r.change("main.go", fmt.Sprint("version = ", version), fmt.Sprint("version = ", version+1))
				version++
				build, err := time.ParseDuration(strings.ReplaceAll(r.want(`built  in ([\d.]+ m?s)`)[1], " ", ""))
				if err != nil {
					b.Fatal(err)
				}
				a := r.answer(version)
				took := a.at.Sub(saved)
				all, builds = append(all, took), append(builds, build)
				b.Logf("%v, of which go build %v; same X11 number: %v, same page: %v, typed: %q",
					took.Round(time.Millisecond), build, r.window() == id, a.page == first.page, a.typed)
			}
			slices.Sort(all)
			slices.Sort(builds)
			b.ReportMetric(float64(all[len(all)/2].Milliseconds()), "ms/save")
			b.ReportMetric(float64(builds[len(builds)/2].Milliseconds()), "ms/build")
			r.signal(syscall.SIGINT)
			r.ended()
		})
	}
}

// answered is what the page says of its first answer of a program.
type answered struct {
	at          time.Time
	typed, page string
}

func (r *run) answer(version int) answered {
	r.t.Helper()
	found := r.want(fmt.Sprintf(`told: version=%d at=(\d+) typed=(\w*) page=(\S+)\.`, version))
	ms, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		r.t.Fatal(err)
	}
	return answered{time.UnixMilli(ms), found[2], found[3]}
}

var confined = regexp.MustCompile(`(?m)^(?:NoNewPrivs|Seccomp):\s+\d+$`)

// confinement tells which limits the kernel has for web processes.
func (r *run) confinement() string {
	for pid := range below(r.cmd.Process.Pid) {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if strings.HasPrefix(string(name), "WebKitWebPr") {
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			return strings.Join(strings.Fields(strings.Join(confined.FindAllString(string(status), -1), " ")), " ")
		}
	}
	return "no web process was found"
}
