package keeper

import (
	"cmp"
	"fmt"
	"os"
	"time"
)

// program is what a Core runs.
type program struct {
	file *os.File
	path string
	name string // under which it is started
}

// duplicate returns the program with another descriptor of its file.
func (p program) duplicate() (program, error) {
	f, err := duplicate(p.file)
	p.file = f
	return p, err
}

// request is a wish that a program takes over, and of whom.
type request struct {
	from *conn
	id   uint64
}

// answer tells who has asked for it what became of a swap, once.
func (k *keeper) answer(c *core, r Result) {
	if c.swap.from != nil {
		c.swap.from.send(message{Op: opResult, ID: c.swap.id, Result: &r})
	}
	c.swap = request{}
}

// update starts a program that a Core has brought to take its place. It takes
// the file.
func (k *keeper) update(from *core, m message, file *os.File) {
	no, outcome := "", Failed
	switch {
	case k.mode == modeTool:
		no, outcome = "the app runs under a developer's tool, which replaces its program", Unable
	case k.ending, from.leaving:
		no = "the app ends, or makes room for another program"
	case file == nil:
		no = "there is no program"
	}
	if no != "" {
		if file != nil {
			file.Close()
		}
		from.conn.send(message{Op: opResult, ID: m.ID, Result: &Result{Outcome: outcome, Reason: no}})
		return
	}
	k.start(program{file, m.Path, m.Path}, request{from.conn, m.ID}, true)
}

// proven notes the program of a Core that has the windows: it is what is started
// again after a crash.
func (k *keeper) proven(p program) {
	if k.mode == modeTool {
		return // which brings the next one
	}
	p, err := p.duplicate()
	if err != nil {
		return
	}
	if k.good.file != nil {
		k.good.file.Close()
	}
	k.good = p
}

// again starts the last program that has had the windows once more, unless that
// has been necessary too often.
func (k *keeper) again(c *core, exit ending) {
	pause, again := k.crashes.add(c.settled || c.update, time.Now())
	if !again {
		k.stray.say("the app has crashed too often (%s), and is not started again", exit.text)
		k.finish(cmp.Or(exit.code, 1))
		return
	}
	k.bide()
	time.AfterFunc(pause, func() {
		k.post(func() {
			if k.done || k.ending || k.core != nil || k.next != nil {
				return
			}
			p, err := k.good.duplicate()
			if err != nil {
				k.failed(&core{}, err.Error())
				return
			}
			k.start(p, request{}, false)
		})
	})
}

// reverted goes back to the program before, after an update that has not come
// to the windows.
func (k *keeper) reverted(c *core, exit ending) {
	k.cause.Failed = fmt.Sprintf("%s: %s", c.program.path, exit.text)
	k.stray.say("the program before is started again: %s", k.cause.Failed)
	k.again(c, exit)
}

// lacking goes on without a Core, where the program that was to be the next one
// cannot: without a tool there is the one before, if this was an update.
func (k *keeper) lacking(c *core, why string) {
	if c.update {
		k.reverted(c, ending{code: 1, text: why})
		return
	}
	k.finish(1)
}
