//go:build wine

package wine

import (
	"fmt"
	"hash/adler32"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manyBytes sends 16 MiB to a command, piece by piece, and reads them from its result.
func manyBytes(t *testing.T, p *page) {
	d := p.d
	key := regexp.MustCompile(`"([0-9a-f]{64})"`).FindStringSubmatch(p.script)
	if key == nil {
		t.Fatal("no key in the script of the bridge")
	}
	const size, piece = 16 << 20, 1 << 20
	payload := strings.Repeat("0123456789abcdef", size/16)
	id := p.from("app://localhost/", fmt.Sprintf(`c %s 1 %d ["echo",null]`, doc, size))
	fields := []string{"mullion-key", key[1], "mullion-doc", doc}
	for at := 0; at < size; at += piece {
		url := fmt.Sprintf("mullion://localhost/body/1?%d-%d", at, at+piece)
		d.tell(append([]string{"request", "1", "9", "POST", url, payload[at : at+piece]}, fields...)...)
		d.expect("response", "9", "204")
	}
	answer := regexp.MustCompile(`^r ` + id + ` s(\d+) (\d+)$`).FindStringSubmatch(d.answer(id))
	if answer == nil || answer[2] != strconv.Itoa(size) {
		t.Fatalf("the answer: %q", answer)
	}
	d.tell(append([]string{"request", "1", "10", "GET", "mullion://localhost/stream/" + answer[1], ""}, fields...)...)
	// The Core stays a window ahead of what the bridge confirms: by too much, which does not count.
	confirmed := make(chan struct{})
	defer close(confirmed)
	go func() {
		for {
			select {
			case <-confirmed:
				return
			case <-time.After(10 * time.Millisecond):
				fmt.Fprintf(d.conn, "message\t1\tapp://localhost/\tm y-1 k %s %s %d\n", doc, answer[1], 1<<40)
			}
		}
	}()
	r := d.expect("response", "10", "200")
	body := "\x00" + payload // the preamble
	if want := fmt.Sprintf("%08x", adler32.Checksum([]byte(body))); r[4] != strconv.Itoa(size+1) || r[6] != "complete" {
		t.Errorf("got %s bytes, %s", r[4], r[6])
	} else if r[5] != want {
		t.Logf("the sum is %s, want %s", r[5], want)
		t.Error("other bytes")
	}
	// Without the key nobody reads.
	d.tell("request", "1", "11", "GET", "mullion://localhost/stream/"+answer[1], "", "mullion-doc", doc)
	d.expect("response", "11", "403")
}

// TestWindows opens windows and closes them, and looks at what is left of them in the engine: 20, or
// as many times more as MULLION_ROUNDS says.
func TestWindows(t *testing.T) {
	a := start(t, lab.lab)
	d := a.host()
	p := open(d)
	d.tell("live")
	before := d.expect("live")[1]
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("MULLION_ROUNDS")); err == nil {
		rounds = n
	}
	for i := range 20 * rounds {
		label := "w" + strconv.Itoa(i)
		if got := p.say(fmt.Sprintf(`c %s %d - ["open",{"label":%q}]`, doc, 2*i+1, label)); got != `o"`+label+`"` {
			t.Fatalf("open: got %s", got)
		}
		view := strconv.Itoa(i + 2)
		d.expect("controller", view, "window")
		d.expect("committed", view, "app://localhost/")
		if got := p.say(fmt.Sprintf(`c %s %d - ["close",{"label":%q}]`, doc, 2*i+2, label)); got != `otrue` {
			t.Fatalf("close: got %s", got)
		}
		d.expect("closed", view)
	}
	d.tell("live")
	if after := d.expect("live")[1]; after != before {
		t.Errorf("%s objects before, %s after", before, after)
	}
	d.tell("close", "1")
	if end := d.expect("end"); end[1] != "0" {
		t.Errorf("%s objects are not released", end[1])
	}
	if err := a.wait(); err != nil {
		t.Error(err)
	}
	if strings.Contains(a.log.String(), "references are held") {
		t.Error("references were not given back")
	}
	quiet(t, d)
}

// worker: a worker is a process of its own.
func worker(t *testing.T, p *page) {
	a := p.d.a
	if got := p.say(`c ` + doc + ` 1 - ["double",{"n":21}]`); got != "o42" {
		t.Errorf("got %s", got)
	}
	if n := len(a.processes()); n < 3 {
		t.Errorf("%d processes, want the Core, a host and a worker", n)
	}
}

// state: a page follows a state, and changes it, and is told what the system lacks.
func state(t *testing.T, p *page) {
	if got := p.say(`c ` + doc + ` 1 - ["plugin:state|set",{"name":"count","value":7}]`); !strings.HasPrefix(got, "o") {
		t.Errorf("set: got %s", got)
	}
	if got := p.say(`c ` + doc + ` 2 - ["plugin:state|get",{"name":"count"}]`); !strings.Contains(got, "7") {
		t.Errorf("get: got %s", got)
	}
	// What the engine lacks is told in its words.
	if got := p.say(`c ` + doc + ` 3 - ["plugin:window|set_badge_label",{"value":"x"}]`); !strings.Contains(got, "only the Dock of macOS") {
		t.Errorf("set_badge_label: got %s", got)
	}
	for n, on := range []string{"true", "false"} {
		// wine 8 has the call and always refuses: what can be seen is that it is reached.
		if got := p.say(fmt.Sprintf(`c %s %d - ["plugin:window|set_content_protected",{"value":%s}]`, doc, 4+n, on)); !strings.HasPrefix(got, "o") && !strings.Contains(got, "SetWindowDisplayAffinity") {
			t.Errorf("set_content_protected: got %s", got)
		}
	}
}

// margin: a window that is larger than its monitor becomes so small that there is room for it, with a margin.
func margin(t *testing.T, p *page) {
	d := p.d
	if got := p.say(`c ` + doc + ` 1 - ["open",{"label":"huge","huge":true}]`); got != `o"huge"` {
		t.Fatalf("open: got %s", got)
	}
	monitor := call[struct{ Size struct{ Width, Height int } }](p, 2, "plugin:window|primary_monitor", "{}").Size
	width, height := 0, 0
	if _, err := fmt.Sscanf(d.expect("bounds", "2")[2], "0 0 %d %d", &width, &height); err != nil {
		t.Fatal(err)
	}
	// The margin is 300 by 200 pixels, and the frame takes some more.
	if w, h := monitor.Width-300, monitor.Height-200; width > w || height > h || width < w-100 || height < h-100 {
		t.Errorf("the content is %d by %d on a monitor of %d by %d", width, height, monitor.Width, monitor.Height)
	}
	if got := p.say(`c ` + doc + ` 3 - ["close",{"label":"huge"}]`); got != `otrue` {
		t.Errorf("close: got %s", got)
	}
	d.expect("closed", "2")
}
