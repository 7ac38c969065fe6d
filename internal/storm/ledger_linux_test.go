package storm_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mullion-dev/mullion"
)

// ledger is the app's command that saves, and the account of what was saved.
type ledger struct {
	mu       sync.Mutex
	file     *os.File             // guarded by mu; one id per line
	size     int64                // guarded by mu; of the whole lines in it
	runs     map[string]int       // guarded by mu; by id, how often a call of that id has run
	acked    map[string]bool      // guarded by mu; ids whose success a page has seen
	refused  map[string]bool      // guarded by mu; ids whose failure a page has seen
	failed   int                  // guarded by mu; saves that the disk did not take
	windows  map[string]*progress // guarded by mu
	mistakes []string             // guarded by mu; what pages have seen and must not
}

// progress is how far the page of a window has come.
type progress struct {
	epoch int // counts the documents
	saves int // that were acknowledged
	heard int // events that the document has got
	board int // the newest value of the state that it has got
}

func newLedger(path string) (*ledger, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &ledger{file: f, runs: map[string]int{}, acked: map[string]bool{}, refused: map[string]bool{}, windows: map[string]*progress{}}, nil
}

type beginning struct {
	Epoch int `json:"epoch"`
}

// begin names a document, so that its ids are its own.
func (l *ledger) begin(ctx context.Context, _ struct{}) (beginning, error) {
	c, _ := mullion.CallerFrom(ctx)
	return beginning{l.beginOf(c.Window)}, nil
}

func (l *ledger) beginOf(window string) (epoch int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[window]
	if w == nil {
		w = &progress{}
		l.windows[window] = w
	}
	w.epoch++
	w.heard, w.board = 0, 0
	return w.epoch
}

type saveArgs struct {
	ID string `json:"id"`
	// Acked and Refused are the ids whose answers the page has got.
	Acked   []string `json:"acked"`
	Refused []string `json:"refused"`
	Wrong   []string `json:"wrong"` // what should not have come
	Heard   int      `json:"heard"`
	Board   int      `json:"board"`
}

// save appends the id to the file, and answers when it is on the disk.
func (l *ledger) save(ctx context.Context, a saveArgs) (string, error) {
	c, _ := mullion.CallerFrom(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[c.Window]
	if w == nil || !strings.HasPrefix(a.ID, fmt.Sprintf("%s-%d-", c.Window, w.epoch)) {
		l.mistakes = append(l.mistakes, fmt.Sprintf("window %q called with the id %s", c.Window, a.ID))
		return "", errors.New("not your id")
	}
	l.note(c.Window, a)
	if err := l.append(a.ID + "\n"); err != nil {
		l.failed++
		return "", err
	}
	return a.ID, nil
}

// note takes down that a page has called, and what it has seen. l.mu is held.
func (l *ledger) note(window string, a saveArgs) {
	w := l.windows[window]
	if w == nil {
		l.mistakes = append(l.mistakes, fmt.Sprintf("window %q called before it has begun", window))
		return
	}
	for _, id := range a.Acked {
		if !l.acked[id] {
			l.acked[id] = true
			w.saves++
		}
	}
	for _, id := range a.Refused {
		l.refused[id] = true
	}
	l.mistakes = append(l.mistakes, a.Wrong...)
	l.runs[a.ID]++
	if strings.HasPrefix(a.ID, fmt.Sprintf("%s-%d-", window, w.epoch)) { // not the last call of a page that was left
		w.heard, w.board = a.Heard, a.Board
	}
}

// append writes a line that is there as a whole or not at all. l.mu is held.
func (l *ledger) append(line string) error {
	_, err := l.file.WriteAt([]byte(line), l.size)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		return errors.Join(err, l.file.Truncate(l.size))
	}
	l.size += int64(len(line))
	return nil
}

func (l *ledger) progress(window string) progress {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.windows[window]; w != nil {
		return *w
	}
	return progress{}
}

// failures is how many saves the disk did not take.
func (l *ledger) failures() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// verdict is what became of all saves.
type verdict struct {
	Ran          int      `json:"ran"`
	Acknowledged int      `json:"acknowledged"`
	Refused      int      `json:"refused"`
	Lost         []string `json:"lost"`
	Twice        []string `json:"twice"`
	// Resurrected are saves whose failure was told and that are on the disk.
	Resurrected []string `json:"resurrected"`
	Mistakes    []string `json:"mistakes"`
}

// check compares what ran, what pages have seen and what is on the disk.
func (l *ledger) check() (verdict, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, err := io.ReadAll(io.NewSectionReader(l.file, 0, 1<<40))
	if err != nil {
		return verdict{}, err
	}
	v := verdict{
		Ran: len(l.runs), Acknowledged: len(l.acked), Refused: len(l.refused),
		Lost: []string{}, Twice: []string{}, Resurrected: []string{}, Mistakes: append([]string{}, l.mistakes...),
	}
	saved := map[string]int{}
	for line := range strings.Lines(string(b)) {
		saved[strings.TrimSpace(line)]++
	}
	for id, n := range l.runs {
		if n != 1 || saved[id] > 1 {
			v.Twice = append(v.Twice, id)
		}
	}
	for id := range l.acked {
		if saved[id] == 0 {
			v.Lost = append(v.Lost, id)
		}
	}
	for id := range l.refused {
		if saved[id] > 0 {
			v.Resurrected = append(v.Resurrected, id)
		}
	}
	return v, nil
}

// board is the state that the Core keeps and pages follow.
type board struct {
	N int `json:"n"`
}

// boardKeeper changes the state without end and remembers what was promised.
type boardKeeper struct {
	state *mullion.State[board]

	mu     sync.Mutex
	acked  int // guarded by mu; the last value that Set has taken
	failed int // guarded by mu
}

func (k *boardKeeper) run(ctx context.Context, app *mullion.App) {
	t := time.NewTicker(100 * time.Millisecond)
	defer t.Stop()
	for n := 1; ; n++ {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		err := k.state.Set(ctx, board{n})
		k.mu.Lock()
		if err == nil {
			k.acked = n
		} else {
			k.failed++
		}
		k.mu.Unlock()
		_ = app.Emit(ctx, "tick", n) // to pages that may be gone
	}
}

func (k *boardKeeper) counts() (acked, failed int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.acked, k.failed
}

// workingPage saves, hears and follows without end. A rejection because the
// page is being left cannot be seen by it. What ran when the Core went may have
// been saved or not: the page does not know, as the words of the error say.
const workingPage = `<!doctype html><meta charset="utf-8"><title>working</title><h1>working</h1><p></p>
<script type="module">
import { invoke, listen, state } from '/_mullion/api.js';
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const label = window.__TAURI_INTERNALS__.metadata.currentWindow.label;
const insist = async (f) => { for (;;) { try { return await f(); } catch { await pause(20); } } };
const { epoch } = await insist(() => invoke('begin'));
let n = 0, heard = 0, board = 0, acked = [], refused = [], wrong = [];
insist(() => listen('tick', () => heard++));
insist(() => state('board').subscribe((value) => {
	if (value.n < board) wrong.push(label + ': the state went back from ' + board + ' to ' + value.n);
	board = value.n;
}));
async function work() {
	for (;;) {
		const id = label + '-' + epoch + '-' + ++n;
		const report = { acked, refused, wrong };
		acked = []; refused = []; wrong = [];
		try {
			const got = await invoke('save', { id, ...report, heard, board });
			acked.push(id);
			if (got !== id) wrong.push(id + ' was answered with ' + got);
		} catch (e) {
			acked.push(...report.acked); // the report is taken twice without harm
			refused.push(...report.refused);
			wrong.push(...report.wrong);
			if (!String(e).includes('has stopped while the call ran')) refused.push(id);
			await pause(20);
		}
		document.querySelector('p').textContent = n;
		await pause(10);
	}
}
work();
work();
</script>`
