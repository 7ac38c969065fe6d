package keeper

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mullion-dev/mullion/internal/keeper/control"
)

// leaveTime is how long a Core may take to make room for the next one. Whoever
// develops waits for it; users do not see it, and their Cores may have much to
// write.
var leaveTime = map[mode]time.Duration{modeTool: 3 * time.Second, modeAlways: 10 * time.Second}

const (
	// reachTime is how long a program may take to come to Main.
	reachTime = 15 * time.Second
	// endTime is how long a Core may take to end with the app.
	endTime = 10 * time.Second
	// maxJournal bounds what Cores have the keeper remember of their windows.
	maxJournal = 128 << 20
	// maxLives is how many Cores a keeper can have: each begins the numbers of its
	// windows above those of the ones before.
	maxLives = 4000
	// maxHeld bounds the descriptors that it keeps for them.
	maxHeld = 16
)

// keeper is owned by its loop: all that others find out they post there.
type keeper struct {
	tool     *conn // nil without one
	mode     mode
	args     []string
	patience time.Duration
	silence  time.Duration // see Options

	posts chan func()
	over  chan struct{} // closed when the loop has ended
	done  bool          // the loop is to end
	code  int

	numbers atomic.Uint64 // of hosts
	life    int
	core    *core // that has the windows; nil: there is none just now
	next    *core // was started, and waits until there is room
	ending  bool
	waits   *time.Timer // ends the hosts; nil while there is no need
	crashes crashes
	cause   Cause   // of the next Core
	good    program // the last one that has had the windows, where there is no tool

	hosts   map[string]*host
	journal map[string][]byte
	size    int // of the journal
	held    map[string]*os.File
	notice  control.Notice
	stray   *stray
}

// Keep is what a process does whose role is that of a keeper: link is how it
// hears what to keep, and ctx ends when it is to end. It returns the status to
// exit with.
func Keep(ctx context.Context, link *os.File) int {
	tool, err := newConn(link, true)
	if err != nil {
		fmt.Fprintf(os.Stderr, "mullion: keeper: %v\n", err)
		return 1
	}
	m, files, err := tool.receive()
	file := takeOne(files)
	if err != nil || m.Op != opBegin || file == nil {
		fmt.Fprintf(os.Stderr, "mullion: %s=%s is set, and nobody says what to keep; unset it to start the app\n", variable, RoleKeeper)
		return 2
	}
	k := &keeper{
		mode: m.Mode, args: m.Args, patience: m.Patience, silence: cmp.Or(m.Silence, defaultSilence),
		posts: make(chan func()), over: make(chan struct{}),
		hosts: map[string]*host{}, journal: map[string][]byte{}, held: map[string]*os.File{}, stray: newStray(os.Stderr),
	}
	callYourself(os.Args[0])
	if k.mode == modeTool {
		k.tool = tool
		go k.hear(tool)
	} else {
		tool.close()
	}
	context.AfterFunc(ctx, func() { k.post(k.end) })
	first := program{file, m.Path, cmp.Or(m.Name, m.Path)}
	k.proven(first)
	k.start(first, request{}, false)
	for !k.done {
		(<-k.posts)()
	}
	close(k.over)
	if k.tool != nil {
		k.tool.flush()
		<-k.tool.done
	}
	k.stray.end()
	return k.code
}

// post has the loop call f, unless it has ended.
func (k *keeper) post(f func()) {
	select {
	case k.posts <- f:
	case <-k.over:
	}
}

// hear takes what the tool says. Without it there is nobody to keep for.
func (k *keeper) hear(tool *conn) {
	for {
		m, files, err := tool.receive()
		if err != nil {
			k.post(k.end)
			return
		}
		file := takeOne(files)
		k.post(func() {
			switch {
			case m.Op == opSwap && file != nil && !k.ending:
				k.start(program{file, m.Path, m.Path}, request{tool, m.ID}, false)
				return
			case m.Op == opNotice:
				k.show(control.Notice{Title: m.Title, Text: m.Text})
			case m.Op == opEnd:
				k.end()
			}
			if file != nil {
				file.Close()
			}
		})
	}
}

// start starts a program that is to be the next Core. It takes the file.
func (k *keeper) start(p program, swap request, update bool) {
	if n := k.next; n != nil {
		k.next = nil
		n.kill()
		k.answer(n, Result{Outcome: Superseded, Reason: "another program came"})
	}
	c, err := startCore(k, p)
	if err != nil {
		p.file.Close()
		k.failed(&core{program: p, swap: swap, update: update}, fmt.Sprintf("%s could not be started: %v", cmp.Or(p.path, "the program"), err))
		return
	}
	c.swap, c.update = swap, update
	k.next = c
}

// greeted goes on when the next Core has come to Main.
func (k *keeper) greeted(c *core, v Versions) {
	if c != k.next || c.versions != nil {
		return
	}
	why := ""
	switch {
	case v.Keeper != Version:
		why = fmt.Sprintf("it needs a keeper of version %d, this one has %d", v.Keeper, Version)
	case k.life >= maxLives:
		why = "this keeper has had as many Cores as there are numbers for"
	case c.update && k.core != nil && v.Host != k.core.versions.Host:
		why = "it has another version of Mullion, with which pages would not stay"
	}
	if why != "" {
		k.next = nil
		c.kill()
		k.answer(c, Result{Outcome: Restart, Reason: why})
		if k.tool == nil && k.core == nil {
			k.lacking(c, why)
		}
		return
	}
	c.versions = &v
	if old := k.core; old != nil {
		if !old.leaving {
			old.leaving = true
			old.conn.send(message{Op: opLeave})
			time.AfterFunc(leaveTime[k.mode], old.kill)
		}
		return // until it has ended
	}
	k.begin(c)
}

// begin gives the windows to the next Core.
func (k *keeper) begin(c *core) {
	k.next, k.core = nil, c
	k.life++
	c.life = k.life
	for _, name := range slices.Sorted(maps.Keys(k.journal)) {
		c.conn.send(message{Op: opWindow, Name: name, Data: k.journal[name]})
	}
	for name, f := range k.held {
		if dup, err := duplicate(f); err == nil {
			c.conn.send(message{Op: opHold, Name: name}, dup)
		}
	}
	c.conn.send(message{Op: opGo, Life: k.life, Cause: &k.cause})
	k.cause = Cause{}
	go k.watch(c)
}

// heard does what the Core says. It takes the files.
func (k *keeper) heard(c *core, m message, files []*os.File) {
	if m.Op == opRelay && c == k.core && m.Host != nil && len(files) == 2 {
		for _, h := range k.hosts {
			if h.number == m.Host.Number && k.relay(h, files[0], files[1]) {
				return
			}
		}
	}
	kept := false
	file := takeOne(files)
	defer func() {
		if file != nil && !kept {
			file.Close()
		}
	}()
	if m.Op == opHello && m.Versions != nil {
		k.greeted(c, *m.Versions)
		return
	}
	if c != k.core {
		return
	}
	switch m.Op {
	case opWindow:
		k.remember(m.Name, m.Data)
	case opHold:
		if old := k.held[m.Name]; old != nil {
			old.Close()
			delete(k.held, m.Name)
		}
		if file != nil && len(k.held) < maxHeld {
			k.held[m.Name], kept = file, true
		}
	case opHost:
		k.wanted(c, m)
	case opKill:
		if m.Host != nil {
			for _, h := range k.hosts {
				if h.number == m.Host.Number {
					h.process.Kill()
				}
			}
		}
	case opPong:
		c.answered = true
	case opSwap:
		kept = true
		k.update(c, m, file)
	case opSettled:
		k.settled(c, m.Names)
	case opEnds:
		c.ends = true
	}
}

// remember notes what the next Core is to know of a window.
func (k *keeper) remember(name string, data []byte) {
	k.size -= len(k.journal[name])
	delete(k.journal, name)
	if len(data) > 0 && k.size+len(data) <= maxJournal {
		k.journal[name] = data
		k.size += len(data)
	}
}

// settled is said by a Core that has opened or taken over all its windows. What
// it has not asked for is of no use any more.
func (k *keeper) settled(c *core, names []string) {
	if c.settled {
		return
	}
	c.settled = true
	k.rest()
	k.proven(c.program)
	for name, h := range k.hosts {
		if h.core != c && !slices.Contains(names, name) {
			h.process.Kill()
		}
	}
	k.show(control.Notice{})
	slices.Sort(c.renewed)
	k.answer(c, Result{Outcome: Swapped, Renewed: c.renewed})
	k.tell(Event{Kind: Running})
}

// rest stops waiting for a Core.
func (k *keeper) rest() {
	if k.waits != nil {
		k.waits.Stop()
		k.waits = nil
	}
}

// ended goes on after a Core.
func (k *keeper) ended(c *core, exit ending) {
	c.conn.close()
	if c == k.next {
		k.next = nil
		k.failed(c, "it ended before it came to mullion.Main: "+exit.text)
		return
	}
	if c != k.core {
		return // one that was killed
	}
	k.core = nil
	for _, h := range k.hosts {
		if h.core == c {
			h.core = nil
		}
	}
	if c.hung != "" {
		exit.text = c.hung
	}
	update := c.update && !c.settled
	if exit.crash && !c.leaving && !update {
		k.cause.Crash, k.cause.Hung = exit.text, c.hung != ""
	}
	switch {
	case k.ending:
		k.finish(exit.code)
	case c.leaving:
		if !c.settled {
			k.answer(c, Result{Outcome: Superseded, Reason: "another program came"})
		}
		k.bide()
		if k.next != nil && k.next.versions != nil {
			k.begin(k.next)
		}
	case exit.code == 0:
		k.finish(0)
	case k.mode == modeTool:
		k.bide()
		if c.settled {
			k.show(noticeOf("The app has stopped: "+exit.text, c.tail.text()))
			k.tell(Event{Kind: Ended, Text: exit.text, Stderr: c.tail.text(), Hosts: len(k.hosts)})
			return
		}
		k.failed(c, exit.text)
	case update:
		k.reverted(c, exit)
	case c.ends || !exit.crash:
		k.finish(exit.code)
	default:
		k.again(c, exit)
	}
}

// bide lets the hosts wait for a Core, for as long as the keeper has patience.
func (k *keeper) bide() {
	if k.waits != nil {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(k.patience, func() {
		k.post(func() {
			if k.waits != t {
				return
			}
			k.waits = nil
			for _, h := range k.hosts {
				if h.core == nil {
					h.process.Kill()
				}
			}
			k.tell(Event{Kind: Closed})
		})
	})
	k.waits = t
}

// failed tells of a program that did not come to take over.
func (k *keeper) failed(c *core, why string) {
	text := ""
	if c.tail != nil {
		text = c.tail.text()
	}
	if k.mode != modeTool {
		k.stray.say("%s", why)
		k.answer(c, Result{Outcome: Failed, Reason: why})
		if k.core == nil {
			k.lacking(c, why)
		}
		return
	}
	k.show(noticeOf("The app could not be started: "+why, text))
	if c.swap.from == nil {
		k.tell(Event{Kind: Ended, Text: why, Stderr: text, Hosts: len(k.hosts)})
		return
	}
	k.answer(c, Result{Outcome: Failed, Reason: why, Stderr: text})
}

func (k *keeper) tell(e Event) {
	if k.tool != nil {
		k.tool.send(message{Op: opEvent, Event: &e})
	}
}

// show has all hosts show a notice.
func (k *keeper) show(n control.Notice) {
	n = n.Cut()
	if n == k.notice {
		return
	}
	k.notice = n
	for _, h := range k.hosts {
		h.tell(control.Message{Notice: &n}, nil)
	}
}

// end ends everything, in order if the Core can. The second time it does not
// wait.
func (k *keeper) end() {
	again := k.ending
	k.ending = true
	if n := k.next; n != nil {
		k.next = nil
		n.kill()
		k.answer(n, Result{Outcome: Superseded, Reason: "the app ends"})
	}
	if k.core == nil {
		k.finish(0)
		return
	}
	c := k.core
	if again {
		c.kill()
		return
	}
	c.conn.send(message{Op: opEnd})
	time.AfterFunc(endTime, c.kill)
}

// finish ends the loop once nothing is left.
func (k *keeper) finish(code int) {
	if k.done {
		return
	}
	k.done, k.code = true, code
	k.rest()
	if k.next != nil {
		k.next.kill()
	}
	for _, h := range k.hosts {
		h.process.Kill()
	}
	for _, h := range k.hosts {
		h.process.Wait()
	}
}

// noticeOf makes a notice of what a Core has printed: of a panic, what it was
// and where, which comes first.
func noticeOf(title, stderr string) control.Notice {
	for _, begin := range []string{"panic: ", "fatal error: "} {
		if i := strings.LastIndex("\n"+stderr, "\n"+begin); i >= 0 {
			return control.Notice{Title: title, Text: stderr[i:]}
		}
	}
	lines := strings.Split(strings.TrimRight(stderr, "\n"), "\n")
	return control.Notice{Title: title, Text: strings.Join(lines[max(0, len(lines)-12):], "\n")}
}
