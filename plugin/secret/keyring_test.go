package secret_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// keyring is a Secret Service. It speaks the protocol as the specification has it,
// with its own code for what is encrypted.
type keyring struct {
	conn *dbus.Conn

	mu       sync.Mutex
	key      map[dbus.ObjectPath][]byte // by session
	items    map[dbus.ObjectPath]*item
	locked   bool // all of it
	made     int
	hasOne   bool // the default collection exists
	prompts  map[dbus.ObjectPath]func() dbus.Variant
	answer   string // to prompts: "yes", "no", or "" for none
	shown    int    // prompts
	dismiss  int    // those that were taken back
	sessions int
	plain    bool   // does not encrypt
	half     []byte // its half of the key, in place of a good one
	damage   bool   // sends what cannot be decrypted
	sent     [][]byte
}

type item struct {
	label      string
	attributes map[string]string
	value      []byte
	kind       string
}

type sealed struct {
	Session     dbus.ObjectPath
	IV          []byte
	Value       []byte
	ContentType string
}

const (
	root       = dbus.ObjectPath("/org/freedesktop/secrets")
	collection = dbus.ObjectPath("/org/freedesktop/secrets/collection/login")
)

// startKeyring starts one on the bus.
func startKeyring(t *testing.T, address string) *keyring {
	t.Helper()
	conn, err := dbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	k := &keyring{
		conn: conn, key: map[dbus.ObjectPath][]byte{}, items: map[dbus.ObjectPath]*item{},
		prompts: map[dbus.ObjectPath]func() dbus.Variant{}, hasOne: true, answer: "yes",
	}
	k.export(t, map[string]any{
		"OpenSession": k.openSession, "SearchItems": k.search, "Unlock": k.unlock, "ReadAlias": k.readAlias, "CreateCollection": k.createCollection,
	}, root, "org.freedesktop.Secret.Service")
	k.export(t, map[string]any{"CreateItem": k.createItem}, collection, "org.freedesktop.Secret.Collection")
	k.exportProps(t, collection)
	if r, err := conn.RequestName("org.freedesktop.secrets", dbus.NameFlagDoNotQueue); err != nil || r != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("%v %v", r, err)
	}
	return k
}

func (k *keyring) export(t *testing.T, methods map[string]any, path dbus.ObjectPath, iface string) {
	if err := k.conn.ExportMethodTable(methods, path, iface); err != nil && t != nil {
		t.Fatal(err)
	}
}

// exportProps has Get answer for an object.
func (k *keyring) exportProps(t *testing.T, path dbus.ObjectPath) {
	k.export(t, map[string]any{"Get": func(_, name string) (dbus.Variant, *dbus.Error) {
		k.mu.Lock()
		defer k.mu.Unlock()
		if path == collection && name == "Locked" {
			return dbus.MakeVariant(k.locked), nil
		}
		if i := k.items[path]; i != nil && name == "Attributes" {
			return dbus.MakeVariant(i.attributes), nil
		}
		return dbus.Variant{}, dbus.NewError("org.freedesktop.DBus.Error.UnknownProperty", nil)
	}}, path, "org.freedesktop.DBus.Properties")
}

var prime, _ = new(big.Int).SetString("179769313486231590770839156793787453197860296048756011706444423684197180216158519368947833795864925541502180565485980503"+
	"646440548199239100050792877003355816639229553136239076508735759914822574862575007425302077447712589550957937778424442426"+
	"617334727629299387668709205606050270810842907692932019128194467627007", 10)

func (k *keyring) openSession(algorithm string, input dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.plain || algorithm != "dh-ietf1024-sha256-aes128-cbc-pkcs7" {
		return dbus.Variant{}, "/", dbus.NewError("org.freedesktop.DBus.Error.NotSupported", []any{"only plain"})
	}
	peer, _ := input.Value().([]byte)
	private, err := rand.Int(rand.Reader, prime)
	if err != nil {
		return dbus.Variant{}, "/", dbus.MakeFailedError(err)
	}
	shared := new(big.Int).Exp(new(big.Int).SetBytes(peer), private, prime).FillBytes(make([]byte, 128))
	key, err := hkdf.Key(sha256.New, shared, nil, "", 16)
	if err != nil {
		return dbus.Variant{}, "/", dbus.MakeFailedError(err)
	}
	k.sessions++
	path := dbus.ObjectPath(fmt.Sprintf("%s/session/s%d", root, k.sessions))
	k.key[path] = key
	public := new(big.Int).Exp(big.NewInt(2), private, prime).Bytes() // without leading zeros, as some do
	if k.half != nil {
		public = k.half
	}
	return dbus.MakeVariant(public), path, nil
}

func (k *keyring) search(attributes map[string]string) (unlocked, locked []dbus.ObjectPath, _ *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := []dbus.ObjectPath{}
	for _, path := range slices.Sorted(maps.Keys(k.items)) {
		has := true
		for name, value := range attributes {
			has = has && k.items[path].attributes[name] == value
		}
		if has {
			found = append(found, path)
		}
	}
	if k.locked {
		return []dbus.ObjectPath{}, found, nil
	}
	return found, []dbus.ObjectPath{}, nil
}

// prompt makes a prompt that does something if it is answered. k.mu is held.
func (k *keyring) prompt(do func() dbus.Variant) dbus.ObjectPath {
	k.made++
	path := dbus.ObjectPath(fmt.Sprintf("%s/prompt/p%d", root, k.made))
	completed := func(dismissed bool, v dbus.Variant) {
		_ = k.conn.Emit(path, "org.freedesktop.Secret.Prompt.Completed", dismissed, v)
	}
	k.export(nil, map[string]any{
		"Prompt": func(string) *dbus.Error {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.shown++
			switch k.answer {
			case "yes":
				go completed(false, do())
			case "no":
				go completed(true, dbus.MakeVariant(""))
			}
			return nil
		},
		"Dismiss": func() *dbus.Error {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.dismiss++
			go completed(true, dbus.MakeVariant(""))
			return nil
		},
	}, path, "org.freedesktop.Secret.Prompt")
	return path
}

func (k *keyring) unlock(objects []dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.locked {
		return objects, "/", nil
	}
	return []dbus.ObjectPath{}, k.prompt(func() dbus.Variant { k.locked = false; return dbus.MakeVariant(objects) }), nil
}

func (k *keyring) readAlias(name string) (dbus.ObjectPath, *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if name != "default" || !k.hasOne {
		return "/", nil
	}
	return collection, nil
}

func (k *keyring) createCollection(map[string]dbus.Variant, string) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return "/", k.prompt(func() dbus.Variant { k.hasOne = true; return dbus.MakeVariant(collection) }), nil
}

var errLocked = dbus.NewError("org.freedesktop.Secret.Error.IsLocked", []any{"locked"})

// plainOf decrypts what a client has sent. k.mu is held.
func (k *keyring) plainOf(s sealed) ([]byte, *dbus.Error) {
	key := k.key[s.Session]
	if key == nil || len(s.IV) != 16 || len(s.Value)%16 != 0 || len(s.Value) == 0 {
		return nil, dbus.NewError("org.freedesktop.Secret.Error.NoSession", nil)
	}
	k.sent = append(k.sent, slices.Clone(s.Value))
	block, _ := aes.NewCipher(key)
	text := slices.Clone(s.Value)
	cipher.NewCBCDecrypter(block, s.IV).CryptBlocks(text, text)
	n := int(text[len(text)-1])
	if n < 1 || n > 16 {
		return nil, dbus.MakeFailedError(errors.New("padding"))
	}
	return text[:len(text)-n], nil
}

func (k *keyring) createItem(properties map[string]dbus.Variant, s sealed, _ bool) (dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.locked {
		return "/", "/", errLocked
	}
	value, derr := k.plainOf(s)
	if derr != nil {
		return "/", "/", derr
	}
	i := &item{value: value, kind: s.ContentType}
	if err := errors.Join(
		properties["org.freedesktop.Secret.Item.Label"].Store(&i.label), properties["org.freedesktop.Secret.Item.Attributes"].Store(&i.attributes),
	); err != nil {
		return "/", "/", dbus.MakeFailedError(err)
	}
	return k.add(i), "/", nil
}

// add adds an item. k.mu is held.
func (k *keyring) add(i *item) dbus.ObjectPath {
	k.made++
	path := dbus.ObjectPath(fmt.Sprintf("%s/i%d", collection, k.made))
	k.items[path] = i
	k.exportProps(nil, path)
	k.export(nil, map[string]any{
		"GetSecret": func(session dbus.ObjectPath) (sealed, *dbus.Error) {
			k.mu.Lock()
			defer k.mu.Unlock()
			key := k.key[session]
			if k.locked || key == nil {
				return sealed{}, errLocked
			}
			block, _ := aes.NewCipher(key)
			iv := make([]byte, 16)
			rand.Read(iv)
			n := 16 - len(i.value)%16
			text := append(slices.Clone(i.value), slices.Repeat([]byte{byte(n)}, n)...)
			cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
			if k.damage {
				text = text[:len(text)-1]
			}
			return sealed{session, iv, text, i.kind}, nil
		},
		"SetSecret": func(s sealed) *dbus.Error {
			k.mu.Lock()
			defer k.mu.Unlock()
			value, derr := k.plainOf(s)
			if k.locked || derr != nil {
				return errLocked
			}
			i.value, i.kind = value, s.ContentType
			return nil
		},
		"Delete": func() (dbus.ObjectPath, *dbus.Error) {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.locked {
				return "/", errLocked
			}
			delete(k.items, path)
			return "/", nil
		},
	}, path, "org.freedesktop.Secret.Item")
	return path
}
