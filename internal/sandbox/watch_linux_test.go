package sandbox

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// tells waits until a refusal is told of, which may be after the child has heard
// of it.
func (j *jailed) tells(want Refusal) bool {
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if j.has(want) {
			return true
		}
	}
	return false
}

// has reports whether a child was refused this; who it was is not compared.
func (j *jailed) has(want Refusal) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.refused, func(r Refusal) bool {
		named := r.PID > 0 && r.Program != ""
		r.PID, r.Program = 0, ""
		return named && r == want
	})
}

// TestWatch checks that a child which is watched gets the answers that it gets
// otherwise, and that what the layers refuse is told, and nothing else.
func TestWatch(t *testing.T) {
	for _, without := range []Without{{}, {Namespaces: true}, {Landlock: -1}} {
		dir := t.TempDir()
		secret, shown := filepath.Join(dir, "secret"), filepath.Join(dir, "shown")
		for _, name := range []string{secret, shown} {
			if err := os.WriteFile(name, []byte("x"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		private := t.TempDir()
		for link, to := range map[string]string{"good": shown, "bad": secret} {
			if err := os.Symlink(to, filepath.Join(private, link)); err != nil {
				t.Fatal(err)
			}
		}
		j := startJailed(t, Spec{Policy: &Policy{Read: []string{shown}}, Private: []string{private}, Watch: true, Without: without})
		for _, c := range []struct {
			try  string
			ok   bool
			told Refusal // zero: nothing
		}{
			{"read " + shown, true, Refusal{}},
			{"write " + private + "/new", true, Refusal{}},
			{"read " + dir + "/nothing", false, Refusal{}},
			{"read /proc/self/status", true, Refusal{}},
			{"read /dev/video-none", false, Refusal{}},
			{"stat /", true, Refusal{}},
			{"read " + private + "/good", true, Refusal{}},
			{"read " + private + "/bad", false, Refusal{Kind: RefusedFile, What: private + "/bad"}},
			{"read " + secret, false, Refusal{Kind: RefusedFile, What: secret}},
			{"write " + dir + "/new", false, Refusal{Kind: RefusedFile, What: dir + "/new", Write: true}},
			{"open-to-write " + shown, false, Refusal{Kind: RefusedFile, What: shown, Write: true}},
			{"read /etc/shells", false, Refusal{Kind: RefusedFile, What: "/etc/shells"}},
			{"list /etc/ssl/certs", false, Refusal{Kind: RefusedFile, What: "/etc/ssl/certs", Grant: "network"}},
			{"exec /bin/sh", false, Refusal{Kind: RefusedFile, What: "/bin/sh", Execute: true}},
			{"chmod " + private + "/new", false, Refusal{Kind: RefusedCall, What: "fchmodat", Reason: reasonFor("fchmodat")}},
			{"unshare", false, Refusal{Kind: RefusedCall, What: "unshare", Reason: reasonFor("unshare")}},
		} {
			if got := j.try(c.try); (got == "ok") != c.ok {
				t.Errorf("%+v: %s: %s", without, c.try, got)
			}
			if c.told != (Refusal{}) && !j.tells(c.told) {
				t.Errorf("%+v: %s: %+v is not told", without, c.try, c.told)
			}
		}
		for _, name := range []string{shown, private + "/good", dir + "/nothing", private + "/new", "/dev/video-none", "/", "/proc/self/status"} {
			if j.has(Refusal{Kind: RefusedFile, What: name}) {
				t.Errorf("%+v: %s is told as refused", without, name)
			}
		}
	}
}

func reasonFor(call string) string {
	for _, d := range denials {
		if slices.Contains(d.calls, call) {
			return d.reason
		}
	}
	return ""
}

// TestNotWatched checks that calls are not handed over unless asked for.
func TestNotWatched(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	j := startJailed(t, Spec{Policy: &Policy{}})
	j.try("read " + secret)
	j.try("unshare")
	j.try("unix " + secret) // is told of: the others were by then, or never
	told := j.tells(Refusal{What: `socket "` + secret + `"`})
	j.mu.Lock()
	defer j.mu.Unlock()
	if !told || len(j.refused) != 1 {
		t.Errorf("told of %+v", j.refused)
	}
}

func TestGrantOf(t *testing.T) {
	w := &watcher{home: "/home/me"}
	for name, want := range map[string]string{
		"/dev/dri": "gpu", "/dev/dri/card0": "gpu", "/dev/nvidia0": "gpu", "/dev/video1": "camera", "/dev/videos/x": "camera",
		"/sys/devices/pci0000:00/x/y": "gpu", "/home/me/.fonts/a.ttf": "user-fonts", "/home/me/.fontsx": "", "/etc/passwd": "", "/dev": "", "/": "",
		"/home/you/.fonts": "",
	} {
		if got := w.grant(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
