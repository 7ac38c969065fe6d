package displayguard

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/godbus/dbus/v5"

	"github.com/mullion-dev/mullion/internal/sandbox"
	"github.com/mullion-dev/mullion/internal/wayland"
)

// TestMain runs the guard, or the child that it stands before, when this program
// was started as one.
func TestMain(m *testing.M) {
	if err := sandbox.Enter(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	switch sandbox.ChildRole() {
	case "":
		os.Exit(m.Run())
	case sandbox.DisplayRole:
		if err := Run(); err != nil {
			fmt.Println("guard:", err)
		}
	case sandbox.BusRole:
		if err := RunBus(); err != nil {
			fmt.Println("guard:", err)
		}
	case attackerRole:
		attack()
	}
	os.Exit(1)
}

// attackerRole is the role of a child in which an attacker has native code.
const attackerRole = "attacker"

// attack does what it is told, line by line: "list" says how many globals it is
// shown, "globals" which ones with their numbers, "bind NUMBER KIND" takes one without being shown it, "direct PATH"
// connects to the compositor itself, and "raw" writes what is no message.
func attack() {
	s, err := sandbox.ChildSocket()
	if err != nil {
		return
	}
	for lines := bufio.NewScanner(s); lines.Scan(); {
		what, arg, _ := strings.Cut(lines.Text(), " ")
		answer, err := attacks[what](arg)
		if err != nil {
			answer = "error: " + strings.ReplaceAll(err.Error(), "\n", "; ") // a line
		}
		fmt.Fprintln(s, answer)
	}
	os.Exit(0)
}

var attacks = map[string]func(arg string) (string, error){
	"x11": attackX11,
	"list": func(string) (string, error) {
		c, err := dialClient(os.Getenv("WAYLAND_DISPLAY"))
		if err != nil {
			return "", err
		}
		defer c.Close()
		list, err := c.announced()
		if err != nil {
			return "", err
		}
		n := 0
		for _, kind := range list {
			if isPrivileged(kind) {
				n++
			}
		}
		return fmt.Sprintf("%d, %d of them privileged", len(list), n), nil
	},
	"globals": func(string) (string, error) {
		c, err := dialClient(os.Getenv("WAYLAND_DISPLAY"))
		if err != nil {
			return "", err
		}
		defer c.Close()
		list, err := c.announced()
		var words []string
		for number, kind := range list {
			words = append(words, fmt.Sprint(number, ":", kind))
		}
		return strings.Join(words, " "), err
	},
	"bind": func(arg string) (string, error) {
		var number uint32
		var kind string
		fmt.Sscan(arg, &number, &kind)
		c, err := dialClient(os.Getenv("WAYLAND_DISPLAY"))
		if err != nil {
			return "", err
		}
		defer c.Close()
		if _, err := c.announced(); err != nil {
			return "", err
		}
		return "bound", c.bind(2, number, kind)
	},
	"direct": func(path string) (string, error) {
		c, err := dialClient(path)
		if err != nil {
			return "", err
		}
		return "connected", c.Close()
	},
	"bus": func(to string) (string, error) {
		if to == "" {
			to = os.Getenv("AT_SPI_BUS_ADDRESS")
		}
		c, err := dbus.Connect(to)
		if err != nil {
			return "", err
		}
		defer c.Close()
		var list []string
		if err := c.BusObject().Call("org.freedesktop.DBus.ListNames", 0).Store(&list); err != nil {
			return "connected, " + err.Error(), nil
		}
		return fmt.Sprint("connected, and sees ", list), nil
	},
	"raw": func(string) (string, error) {
		c, err := dialClient(os.Getenv("WAYLAND_DISPLAY"))
		if err != nil {
			return "", err
		}
		defer c.Close()
		if _, err := c.Write(make([]byte, 64)); err != nil {
			return "", err
		}
		return "passed", c.roundtrip(func(wayland.Message) {})
	},
}
