package mullion

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/inorder"
	"github.com/mullion-dev/mullion/internal/instance"
)

// ErrHandedOver is returned by [New] where Options.SingleInstance is set and the
// app runs already: that instance has been told of this start. [Main] ends the
// process with status 0 for it.
var ErrHandedOver = errors.New("the app runs already, and was told of this start")

// Instance is a further start of an app that runs already.
type Instance struct {
	// Args are the arguments of that process as in os.Args, the name of the
	// program first.
	Args []string
	// Dir is its working folder, to which relative paths in Args refer. It is
	// empty if it is not known.
	Dir string
}

// instanceEvent is the event that tells pages of an [Instance], and its payload,
// as in the example of tauri-plugin-single-instance 2.
const instanceEvent = "single-instance"

type instancePayload struct {
	Args []string `json:"args"`
	Dir  string   `json:"cwd"`
}

// OnInstance adds a function that is called for each further start of the app,
// if [Options.SingleInstance] is set. Use it to open a file that was named, or
// to bring a window to the front: neither happens by itself. Calls come one at
// a time, once the app runs; starts before that are reported then.
//
// Pages that listen to the event "single-instance" hear of it, too: its payload
// has the keys args and cwd.
func (a *App) OnInstance(f func(Instance)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.onInstance = append(slices.Clone(a.onInstance), f)
}

// SingleInstance reports whether the app is told of further starts:
// [Options.SingleInstance] is set, and the system has a way.
func (a *App) SingleInstance() bool { return a.instances != nil }

// TellInstance has functions of [App.OnInstance] called, and pages told, as for a
// further start: for starts of which the app hears in another way. It does not
// wait for them. The error says that [App.SingleInstance] is false, that 64
// starts wait to be told, or that the app ends.
func (a *App) TellInstance(i Instance) error {
	if a.instances == nil {
		return errors.New("mullion: the app is told of no further starts; set Options.SingleInstance")
	}
	if err := a.instances.tell(i); err != nil {
		return fmt.Errorf("mullion: %w", err)
	}
	return nil
}

const (
	// maxInstances is how many starts may wait to be told. Further ones wait
	// in their own processes, and fail when that takes too long.
	maxInstances = 64
	// handOverTime is how long a second process tries to become the first, or
	// to tell it.
	handOverTime = 15 * time.Second
	// instanceGrace is how long functions that are told may go on after Run.
	instanceGrace = 2 * time.Second
)

// instances hears of further starts.
type instances struct {
	ends   <-chan struct{} // closed when the app has begun to end
	server *instance.Server
	owner  *inorder.Owner
	queue  *inorder.Queue[Instance]

	mu    sync.Mutex
	runs  bool       // guarded by mu
	early []Instance // guarded by mu; from before the app ran
}

// single makes this process the one that holds the app's folder, or tells that
// one of its start.
func (a *App) single() error {
	start := instance.Start{}
	for _, arg := range os.Args {
		start.Args = append(start.Args, []byte(arg))
	}
	if dir, err := os.Getwd(); err == nil {
		start.Dir = []byte(dir)
	}
	ctx, cancel := context.WithTimeout(context.Background(), handOverTime)
	defer cancel()
	lock, told, err := instance.AcquireOrTell(ctx, a.folders.Data, start)
	var held *instance.HeldError
	switch {
	case told:
		return ErrHandedOver
	case errors.As(err, &held):
		return err
	case err != nil:
		a.log.Warn("mullion: a second instance of the app cannot be detected", "error", err)
		return nil
	}
	a.hold = a.folder.adopt(lock)
	in := &instances{ends: a.core.Done(), owner: inorder.NewOwner(a.log)}
	in.queue = inorder.New(in.owner, inorder.Options[Instance]{Name: "OnInstance", Most: maxInstances}, a.tellInstance)
	if in.server, err = lock.Serve(os.Getenv("XDG_RUNTIME_DIR"), in.take); err != nil {
		a.log.Warn("mullion: a second instance of the app cannot pass on its arguments", "error", err)
		return nil
	}
	a.instances = in
	return nil
}

// take takes a start from another process. Once the app ends nobody would open
// what the user wants: that process waits until it can be the first.
func (in *instances) take(s instance.Start) error {
	i := Instance{Dir: string(s.Dir)}
	for _, arg := range s.Args {
		i.Args = append(i.Args, string(arg))
	}
	return in.tell(i)
}

func (in *instances) tell(i Instance) error {
	select {
	case <-in.ends:
		return core.ErrClosed
	default:
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.runs {
		return in.queue.Put(i)
	}
	if len(in.early) >= maxInstances {
		return inorder.ErrFull
	}
	in.early = append(in.early, i)
	return nil
}

// begin has what came before the app ran be told.
func (in *instances) begin() {
	if in == nil {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.runs = true
	for _, i := range in.early {
		_ = in.queue.Add(i) // it has not ended
	}
	in.early = nil
}

func (in *instances) end() {
	if in == nil {
		return
	}
	in.owner.End()
	in.server.Close()
	ctx, cancel := context.WithTimeout(context.Background(), instanceGrace)
	defer cancel()
	_ = in.owner.Wait(ctx) // its functions know by now that the app ends
}

func (a *App) tellInstance(i Instance) {
	args := make([]string, len(i.Args))
	for n, arg := range i.Args {
		args[n] = strings.ToValidUTF8(arg, "\uFFFD")
	}
	if err := a.Emit(context.Background(), instanceEvent, instancePayload{args, strings.ToValidUTF8(i.Dir, "\uFFFD")}); err != nil && !errors.Is(err, core.ErrClosed) {
		a.log.Warn("mullion: could not tell pages of a second instance", "error", err)
	}
	a.mu.Lock()
	functions := a.onInstance
	a.mu.Unlock()
	for _, f := range functions {
		a.instances.owner.Call("OnInstance", func() { f(i) })
	}
}

// folder is the app's folder for data, which one process holds at a time.
type folder struct {
	dir string
	log *slog.Logger

	mu    sync.Mutex
	lock  *instance.Lock // guarded by mu
	users int            // guarded by mu
	said  bool           // guarded by mu; that it cannot be locked
}

// inUse is what to do about a folder that is held.
const inUse = "another instance of the app runs with it: close that one, set Options.SingleInstance to have it told of further starts, or give this one an Options.DataDir of its own"

// use holds the folder until release is called, by this and all others who use
// it.
func (f *folder) use() (release func(), err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users == 0 {
		var held *instance.HeldError
		f.lock, err = instance.Acquire(f.dir)
		switch {
		case errors.As(err, &held):
			return nil, fmt.Errorf("%w; %s", err, inUse)
		case err != nil && !f.said:
			f.said = true
			f.log.Warn("mullion: nothing keeps a second instance out of this folder; if both change a file, one change may be lost", "error", err)
		}
	}
	f.users++
	return sync.OnceFunc(f.release), nil
}

// adopt is use for a lock that is there already.
func (f *folder) adopt(l *instance.Lock) (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lock = l
	f.users++
	return sync.OnceFunc(f.release)
}

func (f *folder) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users--; f.users == 0 && f.lock != nil {
		f.lock.Release()
		f.lock = nil
	}
}

// holdFolder holds the folder from now on until Run returns. It is called when
// something in it is read that will be changed.
func (a *App) holdFolder() error {
	a.holding.Lock()
	defer a.holding.Unlock()
	if a.hold == nil && a.held == nil {
		a.hold, a.held = a.folder.use()
	}
	return a.held
}

// leaveFolder gives the folder up, unless somebody still writes.
func (a *App) leaveFolder() {
	a.holding.Lock()
	defer a.holding.Unlock()
	if a.hold != nil {
		a.hold()
	}
}
