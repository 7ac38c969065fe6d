// Command peers measures the same small program made with Mullion and with
// others, side by side, and writes docs/benchmarks.md and docs/benchmarks.json.
//
//	go -C bench run ./peers                 # build, measure, write
//	go -C bench run ./peers -rounds 1 -only mullion,tauri -docs ''
//
// Each peer is a folder here: peer.json says what it is, build.sh OUT builds
// it, and it speaks the protocol of package protocol. What is compared takes
// turns in one run, in an order that changes, on one display, for machines are
// noisy; the ratios are what counts.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mullion-dev/mullion/internal/display"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	source, out string          // the folder of this command, and for what is built
	only        map[string]bool // folders of the peers wanted, if not all
	parts       []string        // what is done
	calls       int
	events      int
	bus         string // the address of the session bus
	screen      *screen
	helpers     []int // processes of the display and the bus
	all         []*peer
	began       time.Time
	load        []string

	values   map[string]map[string][]float64 // by row and peer, one of each round or more
	failures map[string]map[string]string    // by row and peer
}

func run() error {
	b := &bench{
		only: map[string]bool{}, values: map[string]map[string][]float64{}, failures: map[string]map[string]string{},
	}
	rounds := flag.Int("rounds", 4, "how often each peer has its turn; each takes a minute or two")
	many := flag.Int("many", 1, "in how many of the rounds 16 windows are opened")
	idles := flag.Int("idle", 3, "how often idle peers are watched for 10 s; 0 leaves that out")
	flag.IntVar(&b.calls, "calls", 2000, "calls in a round")
	flag.IntVar(&b.events, "events", 20_000, "events in a round, and messages on a channel")
	only := flag.String("only", "", "folders of the peers to measure, with commas; empty is all")
	parts := flag.String("parts", "wall,work,windows,idle", "what is done in a round, and afterwards")
	out := flag.String("out", "../bin/peers", "`folder` for what is built")
	docs := flag.String("docs", "../docs", "`folder` to write benchmarks.md, benchmarks.json and the charts to; empty writes none")
	again := flag.Bool("again", false, "measure nothing: write the document and the charts again, from benchmarks.json")
	flag.Parse()

	if *again {
		r, err := readReport(*docs)
		if err != nil {
			return err
		}
		return r.write(*docs)
	}

	for _, name := range strings.FieldsFunc(*only, func(r rune) bool { return r == ',' }) {
		b.only[name] = true
	}
	b.parts = strings.Split(*parts, ",")
	var err error
	if b.source, err = filepath.Abs("peers"); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(b.source, "protocol")); err != nil {
		return fmt.Errorf("run it in the folder bench, as make bench-peers does: %w", err)
	}
	if b.out, err = filepath.Abs(*out); err != nil {
		return err
	}
	if err := b.peers(); err != nil {
		return err
	}
	stop, err := b.surroundings()
	if err != nil {
		return err
	}
	defer stop()

	b.began = time.Now()
	b.load = append(b.load, load())
	for round := range *rounds {
		most := 4
		if round < *many {
			most = 16
		}
		b.round(round, most)
		b.load = append(b.load, load())
		// What there is, should the rest be interrupted.
		if err := b.report(round + 1).write(*docs); err != nil {
			return err
		}
	}
	if *idles > 0 && slices.Contains(b.parts, "idle") {
		fmt.Fprintln(os.Stderr, "idle")
		b.idle(*idles)
		b.clean()
	}
	b.load = append(b.load, load())
	r := b.report(*rounds)
	r.print(os.Stdout)
	return r.write(*docs)
}

// surroundings starts a display with a window manager and a session bus.
func (b *bench) surroundings() (stop func(), err error) {
	// Processes whose parents have ended come to this one, which can wait for them.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, err
	}
	// So large that 16 windows do not cover each other.
	d, err := display.Start("-screen", "0", "2600x1900x24")
	if err != nil {
		return nil, err
	}
	home := filepath.Join(b.out, "bus")
	if err := os.MkdirAll(filepath.Join(home, "run"), 0o700); err != nil {
		d.Stop()
		return nil, err
	}
	bus := exec.Command("dbus-daemon", "--session", "--nofork", "--print-address=1")
	bus.Env = append(os.Environ(), "HOME="+home, "XDG_RUNTIME_DIR="+filepath.Join(home, "run"))
	r, w, err := os.Pipe()
	if err != nil {
		d.Stop()
		return nil, err
	}
	defer r.Close()
	bus.Stdout = w
	err = d.Run(bus)
	w.Close()
	if err != nil {
		d.Stop()
		return nil, err
	}
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		d.Stop()
		return nil, fmt.Errorf("dbus-daemon: %w", err)
	}
	b.bus = strings.TrimSpace(line)
	b.helpers = d.PIDs()
	if b.screen, err = connect(d.Name()); err != nil {
		d.Stop()
		return nil, err
	}
	return func() {
		b.screen.conn.Close()
		d.Stop()
	}, nil
}

// runnable are the peers that could be built.
func (b *bench) runnable() (peers []*peer) {
	for _, p := range b.all {
		if p.missing == "" {
			peers = append(peers, p)
		}
	}
	return peers
}

// round gives each peer its turn in each thing that is measured.
func (b *bench) round(round, most int) {
	peers := b.runnable()
	for _, part := range []struct {
		name string
		do   func(*peer) error
	}{
		{"wall", b.startOnce},
		{"work", b.work},
		{"wall", b.startOnce},
		{"windows", func(p *peer) error { return b.windows(p, most) }},
	} {
		if !slices.Contains(b.parts, part.name) {
			continue
		}
		rand.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
		for _, p := range peers {
			began := time.Now()
			err := part.do(p)
			b.clean()
			if err != nil {
				b.failed(p, part.name, err)
				log := filepath.Join(b.out, p.folder, "log")
				os.Rename(log, log+".failed") // to be looked at
			}
			fmt.Fprintf(os.Stderr, "round %d: %s, %s: %.1f s\n", round+1, part.name, p.Name, time.Since(began).Seconds())
		}
	}
}

func (b *bench) add(p *peer, row string, value float64) {
	b.set(p, row, append(b.values[row][p.Name], value)...)
}

func (b *bench) set(p *peer, row string, values ...float64) {
	if b.values[row] == nil {
		b.values[row] = map[string][]float64{}
	}
	b.values[row][p.Name] = values
}

// failed notes that something of a peer went wrong; the others go on.
func (b *bench) failed(p *peer, what string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %s: %s\n", p.Name, what, err)
	if b.failures[what] == nil {
		b.failures[what] = map[string]string{}
	}
	b.failures[what][p.Name] = err.Error()
}

func load() string {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	return first
}
