package launch

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"slices"

	"github.com/mullion-dev/mullion/internal/core"
	"github.com/mullion-dev/mullion/internal/desktop/a11y"
	"github.com/mullion-dev/mullion/internal/keeper"
	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/transfer"
	"github.com/mullion-dev/mullion/internal/wire"
)

// Hosts says how the hosts of an app are started.
type Hosts struct {
	Log *slog.Logger
	// App is the identifier of the app.
	App string
	// Area is where files of the user are laid out for them.
	Area *transfer.Area
	// Least is how confined each has to be. One that may show remote pages needs
	// LevelFiles in any case.
	Least sandbox.Level
	// Without are the layers that are switched off.
	Without sandbox.Without
	// Hidden are the framework's own folders, and Written is what workers were
	// let write.
	Hidden  []string
	Written *Written
	// Watch has all that is refused to hosts logged.
	Watch bool
	// Driver is where a WebDriver client may connect to the host "app"; zero:
	// nowhere.
	Driver netip.AddrPort
	// Keeper starts them, if there is one.
	Keeper *keeper.Link
}

// check logs how a host is confined, and returns an error if that is not enough.
func (h *Hosts) check(l core.Launch, status []sandbox.Status) error {
	logConfinement(h.Log, status, "host", l.Name)
	least := h.Least
	if l.Others {
		least = max(least, sandbox.LevelFiles)
	}
	return sandbox.CheckLevel(status, least)
}

// Launch starts a host, or has the keeper do it. It is the only place where an
// app starts one.
func (h *Hosts) Launch(ctx context.Context, l core.Launch) (core.Child, error) {
	spec, err := h.spec(l)
	if err != nil {
		return nil, err
	}
	if h.Keeper != nil {
		return h.launchKept(ctx, l, spec)
	}
	conn, socket, err := wire.SocketPair()
	if err != nil {
		return nil, err
	}
	spec.Socket, spec.Without = socket, h.Without
	if h.Driver.IsValid() && l.Name == "app" {
		openToDriver(h.Log, &spec, h.Driver)
	}
	p, err := sandbox.Start(spec)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := errors.Join(conn.SetPeer(p.PID()), h.check(l, p.Status())); err != nil {
		p.Kill()
		p.Wait()
		conn.Close()
		return nil, err
	}
	return &child{Process: p, conn: conn, sealed: inboxSealed(p.Status(), spec)}, nil
}

// spec says how to start a host, and what it may reach. It has a proxy in
// any case, which refuses what is not granted and says so. If it is watched it
// has the files for the network too, or the log would be full of them.
func (h *Hosts) spec(l core.Launch) (sandbox.Spec, error) {
	inbox, err := h.Area.Inbox(l.Name)
	if err != nil {
		return sandbox.Spec{}, err
	}
	outbox, err := h.Area.Outbox(l.Name)
	if err != nil {
		return sandbox.Spec{}, err
	}
	r := l.Resources
	dialer := new(a11y.Dialer)
	return sandbox.Spec{
		Name:     "host " + l.Name,
		App:      h.App,
		Role:     HostRole,
		CacheDir: l.Folders.Library,
		Output:   &output{log: h.Log, from: []any{"host", l.Name}},
		Private:  []string{l.Folders.Data, l.Folders.Cache, outbox},
		Inbox:    []string{inbox},
		Hidden:   h.Hidden,
		Writable: slices.Concat(l.Writable, h.Written.List()),
		Policy: &sandbox.Policy{
			Engine:        true,
			Network:       r.Network() || h.Watch,
			Proxy:         true,
			GPU:           r.GPU,
			UserFonts:     r.UserFonts,
			Audio:         r.Audio,
			Camera:        r.Camera,
			Accessibility: r.Accessibility,
			InputMethods:  r.InputMethods,
			Clipboard:     r.Clipboard,
			OpenGL:        l.Clear,
			Read:          r.Read,
			Write:         r.Write,
			MemoryLimit:   r.MemoryLimit,
		},
		Bus: dialer.Dial, AwaitBus: dialer.Await,
		Watch:   h.Watch,
		Refused: func(f sandbox.Refusal) { logRefusal(h.Log, f, hostGrant(f), "host", l.Name) },
	}, nil
}

// openToDriver lets a host listen for a WebDriver client.
func openToDriver(log *slog.Logger, spec *sandbox.Spec, address netip.AddrPort) {
	log.Warn("mullion: a WebDriver client controls this app", "address", address)
	spec.Env = append(spec.Env, "WEBKIT_INSPECTOR_SERVER="+address.String())
	spec.Without.Namespaces = true
	spec.Policy.Listen = int(address.Port())
}
