//go:build wine

package wine

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestSelfTest: an app tries the system. The test plays its pages, one of which says that something
// does not work.
func TestSelfTest(t *testing.T) {
	a := startWith(t, lab.hello, []string{"--mullion-selftest"})
	a.confirms.Store(true)
	// play does tasks of a page until it is to go, or its host has gone, and returns them.
	play := func(p *page, answers map[string]string) (tasks []string) {
		last := "null"
		for n := 1; ; n++ {
			id := p.from("app://localhost/", `c `+doc+` `+strconv.Itoa(n)+` - ["next",{"last":`+last+`}]`)
			var line string
			for line == "" {
				more, gone := p.d.more()
				if l := p.d.take([]string{"post", p.view}); l != nil {
					if strings.HasPrefix(l[2], "r "+id+" ") || strings.HasPrefix(l[2], "f "+id+" ") {
						line = l[2]
					}
					continue
				}
				if p.d.take([]string{"closed", p.view}) != nil || gone {
					return tasks
				}
				<-more
			}
			task, isTask := strings.CutPrefix(line, "r "+id+" o")
			task = strings.Trim(task, `"`)
			if !isTask {
				return tasks
			}
			tasks = append(tasks, task)
			if last = answers[task]; last == "" {
				last = `{"detail":"played"}`
			}
			if task == "scheme" {
				last = `{"detail":"` + []string{"dark", "light"}[strings.Count(strings.Join(tasks, " "), "scheme")-1] + `"}`
			}
		}
	}
	d := a.host()
	first := open(d)
	done := make(chan []string)
	go func() { done <- play(first, map[string]string{"files": `{"error":"a range: status 200"}`}) }()
	second := begin(d, "2", "")
	play(second, nil)
	tasks := <-done
	if got := strings.Join(tasks, " "); got != "hello bytes event files scheme scheme" {
		t.Errorf("the page was asked for %s", got)
	}
	d = a.host() // the one before was killed
	third := open(d)
	play(third, nil)
	err := a.wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want status 1", err)
	}
	log := a.log.String()
	for _, want := range []string{"pass  page ", "pass  second window ", "pass  badge ", "pass  tray ", "pass  notification ", "pass  dialog ", "pass  crash ", "\\\\.\\DISPLAY1", "a range: status 200", " 1 failed, 0 not tried"} {
		if !strings.Contains(log, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if !strings.Contains(log, "FAIL  files ") || t.Failed() {
		t.Errorf("it said:\n%s", log)
	}
}
