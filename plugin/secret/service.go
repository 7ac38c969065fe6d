package secret

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/plugin/bus"
)

// The Secret Service, version 0.2 of the specification at
// https://specifications.freedesktop.org/secret-service-spec/.
const (
	serviceName = "org.freedesktop.secrets"
	servicePath = dbus.ObjectPath("/org/freedesktop/secrets")
	none        = dbus.ObjectPath("/") // stands for no object

	ofService    = "org.freedesktop.Secret.Service."
	ofCollection = "org.freedesktop.Secret.Collection."
	ofItem       = "org.freedesktop.Secret.Item."
	ofPrompt     = "org.freedesktop.Secret.Prompt."
)

// wrapped is a secret on its way.
type wrapped struct {
	Session     dbus.ObjectPath
	IV          []byte
	Value       []byte
	ContentType string
}

// ring is a session with the keyring.
type ring struct {
	conn    *dbus.Conn
	session dbus.ObjectPath
	key     []byte
}

// open connects to the keyring and agrees on a key.
func open(ctx context.Context) (*ring, error) {
	conn, err := bus.Session(ctx)
	if err != nil {
		return nil, explain(err, true)
	}
	r := &ring{conn: conn}
	if err := r.agree(ctx); err != nil {
		conn.Close()
		return nil, explain(err, true)
	}
	return r, nil
}

func (r *ring) agree(ctx context.Context) error {
	ours, err := newExchange()
	if err != nil {
		return err
	}
	var theirs dbus.Variant
	err = bus.Call(ctx, r.object(servicePath), ofService+"OpenSession", []any{algorithm, dbus.MakeVariant(ours.public)}, &theirs, &r.session)
	if err != nil {
		return err
	}
	peer, ok := theirs.Value().([]byte)
	if !ok {
		return errors.New("the keyring's half of the key is no text of bytes")
	}
	r.key, err = ours.key(peer)
	return err
}

// close ends the session, which ends with its connection.
func (r *ring) close() { r.conn.Close() }

func (r *ring) object(path dbus.ObjectPath) dbus.BusObject { return r.conn.Object(serviceName, path) }

// explain says what is wrong where there is no keyring.
func explain(err error, opening bool) error {
	var e dbus.Error
	switch {
	case errors.Is(err, bus.ErrNoBus), bus.IsMissing(err), bus.IsUnknown(err) && opening:
		return fmt.Errorf("%w: %w", ErrNoService, err)
	case errors.As(err, &e) && e.Name == "org.freedesktop.DBus.Error.NotSupported":
		return fmt.Errorf("the keyring does not encrypt secrets on their way (%s), so none are sent: %w", algorithm, err)
	case errors.As(err, &e) && e.Name == "org.freedesktop.Secret.Error.IsLocked":
		return fmt.Errorf("%w: %w", ErrLocked, err)
	}
	return err
}

// search returns the items with these attributes. Of locked ones too.
func (r *ring) search(ctx context.Context, attributes map[string]string) (unlocked, locked []dbus.ObjectPath, err error) {
	err = bus.Call(ctx, r.object(servicePath), ofService+"SearchItems", []any{attributes}, &unlocked, &locked)
	if len(unlocked)+len(locked) > maxSecrets {
		return nil, nil, fmt.Errorf("the keyring has %d secrets of this app; the limit is %d", len(unlocked)+len(locked), maxSecrets)
	}
	return unlocked, locked, err
}

// find returns the item of a name, unlocked. Where there are several, as after
// two programs have made one at the same time, it is the one that was found
// first.
func (r *ring) find(ctx context.Context, attributes map[string]string) (items []dbus.ObjectPath, err error) {
	unlocked, locked, err := r.search(ctx, attributes)
	if err != nil {
		return nil, err
	}
	if len(unlocked) > 0 || len(locked) == 0 {
		return append(unlocked, locked...), nil
	}
	return locked, r.unlock(ctx, locked[:1])
}

// unlock has the user unlock objects.
func (r *ring) unlock(ctx context.Context, objects []dbus.ObjectPath) error {
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	if err := bus.Call(ctx, r.object(servicePath), ofService+"Unlock", []any{objects}, &done, &prompt); err != nil {
		return err
	}
	result, err := r.ask(ctx, prompt)
	if err != nil {
		return err
	}
	if prompt != none {
		if err := result.Store(&done); err != nil {
			return fmt.Errorf("unlock the keyring: %w", err)
		}
	}
	for _, o := range objects {
		if !slices.Contains(done, o) {
			return ErrLocked
		}
	}
	return nil
}

// ask shows what the keyring wants to ask its user, if it does, and waits for the
// answer. When ctx ends first the question is taken back.
func (r *ring) ask(ctx context.Context, prompt dbus.ObjectPath) (result dbus.Variant, err error) {
	if prompt == none || prompt == "" {
		return result, nil
	}
	defer func() {
		if err != nil && ctx.Err() != nil { // also where nobody knows whether it is shown yet
			_ = r.object(prompt).Call(ofPrompt+"Dismiss", dbus.FlagNoReplyExpected)
		}
	}()
	signals := make(chan *dbus.Signal, 8)
	r.conn.Signal(signals)
	defer r.conn.RemoveSignal(signals)
	match := []dbus.MatchOption{
		dbus.WithMatchObjectPath(prompt), dbus.WithMatchInterface("org.freedesktop.Secret.Prompt"), dbus.WithMatchMember("Completed"),
	}
	if err := r.conn.AddMatchSignalContext(ctx, match...); err != nil {
		return result, err
	}
	gone := []dbus.MatchOption{
		dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, serviceName),
	}
	if err := r.conn.AddMatchSignalContext(ctx, gone...); err != nil {
		return result, err
	}
	if err := bus.Call(ctx, r.object(prompt), ofPrompt+"Prompt", []any{""}); err != nil {
		return result, err
	}
	for {
		select {
		case s, ok := <-signals:
			switch {
			case !ok:
				return result, errors.New("the session bus has closed the connection")
			case s.Name == "org.freedesktop.DBus.NameOwnerChanged":
				return result, fmt.Errorf("%w: it has ended while it asked", ErrNoService)
			case s.Path != prompt || s.Name != ofPrompt+"Completed":
				continue
			}
			var dismissed bool
			if err := dbus.Store(s.Body, &dismissed, &result); err != nil {
				return result, fmt.Errorf("the keyring's answer: %w", err)
			}
			if dismissed {
				return result, ErrDismissed
			}
			return result, nil
		case <-r.conn.Context().Done():
			return result, errors.New("the session bus has closed the connection")
		case <-ctx.Done():
			return result, context.Cause(ctx)
		}
	}
}

// read returns the value of an item.
func (r *ring) read(ctx context.Context, item dbus.ObjectPath) ([]byte, error) {
	var w wrapped
	if err := bus.Call(ctx, r.object(item), ofItem+"GetSecret", []any{r.session}, &w); err != nil {
		return nil, err
	}
	if len(w.Value) > maxSecret+64 {
		return nil, fmt.Errorf("the secret has more than %d bytes", maxSecret)
	}
	return decrypt(r.key, w.IV, w.Value)
}

// wrap encrypts a value.
func (r *ring) wrap(value []byte, contentType string) (wrapped, error) {
	iv, sealed, err := encrypt(r.key, value)
	return wrapped{r.session, iv, sealed, contentType}, err
}

// replace gives an item another value.
func (r *ring) replace(ctx context.Context, item dbus.ObjectPath, w wrapped) error {
	return bus.Call(ctx, r.object(item), ofItem+"SetSecret", []any{w})
}

// create adds an item to the user's default collection, which is unlocked or
// made where it has to be.
func (r *ring) create(ctx context.Context, label string, attributes map[string]string, w wrapped) error {
	var collection dbus.ObjectPath
	if err := bus.Call(ctx, r.object(servicePath), ofService+"ReadAlias", []any{"default"}, &collection); err != nil {
		return err
	}
	if collection == none {
		properties := map[string]dbus.Variant{ofCollection + "Label": dbus.MakeVariant("Default")}
		var prompt dbus.ObjectPath
		if err := bus.Call(ctx, r.object(servicePath), ofService+"CreateCollection", []any{properties, "default"}, &collection, &prompt); err != nil {
			return err
		}
		made, err := r.ask(ctx, prompt)
		if err != nil {
			return err
		}
		if collection == none {
			if err := made.Store(&collection); err != nil {
				return fmt.Errorf("a new keyring: %w", err)
			}
		}
	}
	var locked bool
	if err := bus.Property(ctx, r.object(collection), "org.freedesktop.Secret.Collection", "Locked", &locked); err != nil {
		return err
	}
	if locked {
		if err := r.unlock(ctx, []dbus.ObjectPath{collection}); err != nil {
			return err
		}
	}
	properties := map[string]dbus.Variant{ofItem + "Label": dbus.MakeVariant(label), ofItem + "Attributes": dbus.MakeVariant(attributes)}
	var item, prompt dbus.ObjectPath
	if err := bus.Call(ctx, r.object(collection), ofCollection+"CreateItem", []any{properties, w, true}, &item, &prompt); err != nil {
		return err
	}
	_, err := r.ask(ctx, prompt)
	return err
}

// remove deletes an item.
func (r *ring) remove(ctx context.Context, item dbus.ObjectPath) error {
	var prompt dbus.ObjectPath
	if err := bus.Call(ctx, r.object(item), ofItem+"Delete", nil, &prompt); err != nil {
		return err
	}
	_, err := r.ask(ctx, prompt)
	return err
}

// nameOf is the name in the attributes of an item.
func (r *ring) nameOf(ctx context.Context, item dbus.ObjectPath) (string, error) {
	var attributes map[string]string
	err := bus.Property(ctx, r.object(item), "org.freedesktop.Secret.Item", "Attributes", &attributes)
	return attributes[attributeName], err
}
