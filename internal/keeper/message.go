package keeper

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/shortage"
)

// op says what a message is.
type op string

// What a tool and a keeper say to each other. The first message is begin, with
// the program.
const (
	opBegin  op = "begin"  // tool: Mode, Name, Args, Path, Patience, Silence; the program
	opSwap   op = "swap"   // tool and Core: ID, Path; the program
	opNotice op = "notice" // tool: Title and Text, both empty to take it away
	opEnd    op = "end"    // tool, and keeper to Core: end in order
	opResult op = "result" // keeper to either: ID, Result
	opEvent  op = "event"  // keeper: Event
)

// What a Core and its keeper say to each other. A Core begins with hello and
// waits for go; what the Cores before it left comes in between.
const (
	opHello   op = "hello"   // Core: Versions
	opWindow  op = "window"  // both: Name and Data, the journal of a window; without Data it is forgotten
	opHold    op = "hold"    // both: Name; a descriptor that outlives the Core
	opGo      op = "go"      // keeper: Life, Cause
	opHost    op = "host"    // Core: ID, Name, Key, Spec
	opStarted op = "started" // keeper: ID, Host, or Text that says why not, with Short for a shortage; the connection
	opKill    op = "kill"    // Core: Host.Number
	opExit    op = "exit"    // keeper: Host.Number, Exit
	opOutput  op = "output"  // keeper: Host.Number, Data
	opRefused op = "refused" // keeper: Host.Number, Refusal
	opConnect op = "connect" // keeper: Host.Number; a connection to the proxy
	opRelay   op = "relay"   // Core: Host.Number; both ends of a connection to the network
	opSettled op = "settled" // Core: Names, the hosts that it has windows for
	opPing    op = "ping"    // keeper: answer
	opPong    op = "pong"    // Core: the answer
	opLeave   op = "leave"   // keeper: end, and leave the hosts
	opEnds    op = "ends"    // Core: it ends because it wants to
)

// mode says for whom a keeper works.
type mode string

const (
	modeTool   mode = "tool"   // a developer's
	modeAlways mode = "always" // the app's users
)

// message is one thing that is said. Most fields belong to few ops.
type message struct {
	Op       op            `json:"op"`
	ID       uint64        `json:"id,omitzero"`
	Name     string        `json:"name,omitzero"`
	Names    []string      `json:"names,omitzero"`
	Data     []byte        `json:"data,omitzero"`
	Title    string        `json:"title,omitzero"`
	Text     string        `json:"text,omitzero"`
	Mode     mode          `json:"mode,omitzero"`
	Path     string        `json:"path,omitzero"`
	Args     []string      `json:"args,omitzero"`
	Patience time.Duration `json:"patience,omitzero"`
	Silence  time.Duration `json:"silence,omitzero"`
	Result   *Result       `json:"result,omitzero"`
	Event    *Event        `json:"event,omitzero"`
	Versions *Versions     `json:"versions,omitzero"`
	Life     int           `json:"life,omitzero"`
	Cause    *Cause        `json:"cause,omitzero"`
	Key      string        `json:"key,omitzero"`
	Spec     *HostSpec     `json:"spec,omitzero"`
	Host     *hostInfo     `json:"host,omitzero"`
	Exit     *sandbox.Exit `json:"exit,omitzero"`

	Refusal *sandbox.Refusal `json:"refusal,omitzero"`
	Short   bool             `json:"short,omitzero"`
}

// failure is why a host was not started.
func (m message) failure() error {
	if m.Short {
		return shortage.Error(m.Text)
	}
	return errors.New(m.Text)
}

// Versions are compared before one Core makes room for another.
type Versions struct {
	// Keeper is Version.
	Keeper int `json:"keeper"`
	// Host names what hosts and the scripts of their pages are made of: they stay
	// with a Core of the same.
	Host string `json:"host"`
}

// Cause tells a Core why it was started under windows that are there. All is
// empty for one that has just taken the place of another.
type Cause struct {
	// Crash tells how the Core before has ended, if it has crashed.
	Crash string `json:"crash,omitzero"`
	// Hung is set where that was because it did not answer.
	Hung bool `json:"hung,omitzero"`
	// Failed tells why a program that was to take over has not: the one before
	// was started again.
	Failed string `json:"failed,omitzero"`
}

// HostSpec is the part of a sandbox.Spec that says what a host is, and what it
// may reach.
type HostSpec struct {
	Name     string          `json:"name"`
	App      string          `json:"app"`
	Role     string          `json:"role"`
	Policy   *sandbox.Policy `json:"policy"`
	Without  sandbox.Without `json:"without"`
	Private  []string        `json:"private"`
	Inbox    []string        `json:"inbox"`
	Hidden   []string        `json:"hidden"`
	Writable []string        `json:"writable"`
	Watch    bool            `json:"watch"`
	CacheDir string          `json:"cacheDir"`
	Env      []string        `json:"env"`
}

// hostInfo tells of a host process.
type hostInfo struct {
	Number uint64           `json:"number"` // the keeper's, never used again
	PID    int              `json:"pid,omitzero"`
	Kept   bool             `json:"kept,omitzero"`
	Proxy  string           `json:"proxy,omitzero"` // where its proxy listens; empty without one
	Status []sandbox.Status `json:"status,omitzero"`
}

// specOf returns what of a spec goes to the keeper.
func specOf(s *sandbox.Spec) *HostSpec {
	return &HostSpec{s.Name, s.App, s.Role, s.Policy, s.Without, s.Private, s.Inbox, s.Hidden, s.Writable, s.Watch, s.CacheDir, s.Env}
}

// spec is the reverse of specOf.
func (h *HostSpec) spec() sandbox.Spec {
	return sandbox.Spec{
		Name: h.Name, App: h.App, Role: h.Role, Policy: h.Policy, Without: h.Without,
		Private: h.Private, Inbox: h.Inbox, Hidden: h.Hidden, Writable: h.Writable, Watch: h.Watch, CacheDir: h.CacheDir, Env: h.Env,
	}
}

// key tells hosts apart that must not stand in for each other. What others may
// write to is no part of a host.
func (h *HostSpec) key() string {
	own := *h
	own.Writable = nil
	if own.Policy != nil {
		// Whether a window is clear can change while the host runs, which is not
		// started anew for that.
		policy := *own.Policy
		policy.OpenGL = false
		own.Policy = &policy
	}
	b, err := json.Marshal(own)
	if err != nil {
		return "" // never: it is made of plain values
	}
	return string(b)
}
