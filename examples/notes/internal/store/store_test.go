package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// writerEnv makes the test binary the process that TestKilled kills: its value
// is the database to write to.
const writerEnv = "NOTES_TEST_WRITER"

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		if err := write(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func text(body string) Text {
	title, _, _ := strings.Cut(body, "\n")
	return Text{Body: body, Title: title, Plain: body, Words: len(strings.Fields(body))}
}

func open(t *testing.T) (*Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notes #1?.db") // characters that mean something in an address
	return reopen(t, path), path
}

func reopen(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func create(t *testing.T, s *Store, body string) Note {
	t.Helper()
	n, err := s.Create(t.Context(), text(body))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSave(t *testing.T) {
	tests := []struct {
		name     string
		version  int64 // that the edit began with
		body     string
		conflict bool
		want     string
		wantV    int64
	}{
		{name: "newest", version: 2, body: "three", want: "three", wantV: 3},
		{name: "same text", version: 2, body: "two", want: "two", wantV: 2},
		{name: "same text, old version", version: 1, body: "two", want: "two", wantV: 2},
		{name: "old version", version: 1, body: "three", conflict: true, want: "two", wantV: 2},
		{name: "version that never was", version: 9, body: "three", conflict: true, want: "two", wantV: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t)
			n := create(t, s, "one")
			if _, err := s.Save(t.Context(), "w", n.ID, 1, text("two")); err != nil {
				t.Fatal(err)
			}
			if err := s.SaveDraft(t.Context(), "w", Draft{Note: n.ID, Base: tt.version, Body: tt.body}); err != nil {
				t.Fatal(err)
			}
			_, err := s.Save(t.Context(), "w", n.ID, tt.version, text(tt.body))
			c, conflict := errors.AsType[*ConflictError](err)
			if conflict != tt.conflict || err != nil && !conflict {
				t.Fatalf("Save: %v, want conflict %v", err, tt.conflict)
			}
			if conflict && c.Current.Body != tt.want {
				t.Errorf("the conflict is with %q, want %q", c.Current.Body, tt.want)
			}
			got, err := s.Note(t.Context(), n.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got.Body != tt.want || got.Version != tt.wantV {
				t.Errorf("got %q, version %d; want %q, version %d", got.Body, got.Version, tt.want, tt.wantV)
			}
			// A draft is gone when it was saved, and only then.
			if _, ok, err := s.TakeDraft(t.Context(), "w", n.ID); ok != tt.conflict || err != nil {
				t.Errorf("draft is there: %v, %v; want %v", ok, err, tt.conflict)
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	s, _ := open(t)
	ctx := t.Context()
	for name, f := range map[string]func() error{
		"note":    func() error { _, err := s.Note(ctx, 7); return err },
		"save":    func() error { _, err := s.Save(ctx, "w", 7, 1, text("x")); return err },
		"draft":   func() error { return s.SaveDraft(ctx, "w", Draft{Note: 7, Body: "x"}) },
		"pin":     func() error { return s.SetPinned(ctx, 7, true) },
		"trash":   func() error { return s.Trash(ctx, 7) },
		"restore": func() error { return s.Restore(ctx, 7) },
		"source":  func() error { _, err := s.Source(ctx, 7); return err },
	} {
		t.Run(name, func(t *testing.T) {
			if err := f(); !errors.Is(err, ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		})
	}
}

func TestDrafts(t *testing.T) {
	type draft struct{ window, body string }
	tests := []struct {
		name   string
		drafts []draft // in the order in which they are typed
		want   string  // what a new window gets after a restart
		others []string
	}{
		{name: "none"},
		{name: "one", drafts: []draft{{"note-1", "a"}}, want: "a"},
		{name: "the last of a window", drafts: []draft{{"note-1", "a"}, {"note-1", "b"}}, want: "b"},
		{name: "two windows", drafts: []draft{{"note-1", "a"}, {"library", "b"}}, want: "b", others: []string{"a"}},
		{name: "two windows, one text", drafts: []draft{{"note-1", "a"}, {"library", "a"}}, want: "a"},
		{name: "three windows", drafts: []draft{{"x", "a"}, {"y", "b"}, {"x", "c"}, {"z", "d"}}, want: "d", others: []string{"b", "c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, path := open(t)
			n := create(t, s, "saved")
			clock := time.UnixMilli(1000)
			s.now = func() time.Time { clock = clock.Add(time.Second); return clock }
			for _, d := range tt.drafts {
				if err := s.SaveDraft(t.Context(), d.window, Draft{Note: n.ID, Base: 1, Body: d.body}); err != nil {
					t.Fatal(err)
				}
			}
			for _, d := range tt.drafts { // while it runs, everybody has his own
				if got, ok, err := s.TakeDraft(t.Context(), d.window, n.ID); !ok || err != nil || got.Base != 1 {
					t.Errorf("draft of %s: %v, %v, %v", d.window, got, ok, err)
				}
			}
			s.Close()

			s = reopen(t, path)
			for _, d := range tt.drafts { // a window that opens again still has its own
				if _, ok, err := s.TakeDraft(t.Context(), d.window, n.ID); !ok || err != nil {
					t.Errorf("draft of %s after a restart: %v, %v", d.window, ok, err)
				}
			}
			if err := s.OrphanBut(t.Context(), "other"); err != nil {
				t.Fatal(err)
			}
			got, ok, err := s.TakeDraft(t.Context(), "new", n.ID)
			if err != nil || ok != (tt.want != "") || got.Body != tt.want {
				t.Errorf("after a restart: %q, %v, %v; want %q", got.Body, ok, err, tt.want)
			}
			if _, ok, _ := s.TakeDraft(t.Context(), "another", n.ID); ok {
				t.Error("two windows got one draft")
			}
			list, err := s.Notes(t.Context(), Filter{Order: ByTitle})
			if err != nil {
				t.Fatal(err)
			}
			var others []string
			for _, l := range list {
				if l.ID != n.ID {
					o, err := s.Note(t.Context(), l.ID)
					if err != nil {
						t.Fatal(err)
					}
					others = append(others, o.Body)
				}
			}
			if diff := cmp.Diff(tt.others, others); diff != "" {
				t.Errorf("recovered notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImport(t *testing.T) {
	file := func(path, body string) File {
		return File{Path: path, Hash: "hash of " + body, Modified: 5, Text: text(body)}
	}
	tests := []struct {
		name   string
		edit   string // in the app, before the second import
		second []File
		want   Imported
		body   string
	}{
		{name: "the same", second: []File{file("a.md", "one")}, want: Imported{Same: 1}, body: "one"},
		{name: "changed", second: []File{file("a.md", "two")}, want: Imported{Updated: 1}, body: "two"},
		{name: "edited here", edit: "mine", second: []File{file("a.md", "one")}, want: Imported{Same: 1}, body: "mine"},
		{name: "edited here and there", edit: "mine", second: []File{file("a.md", "two")}, want: Imported{Kept: 1}, body: "mine"},
		{name: "the same edit", edit: "two", second: []File{file("a.md", "two")}, want: Imported{Same: 1}, body: "two"},
		{name: "one more", second: []File{file("a.md", "one"), file("b/c.md", "x")}, want: Imported{Same: 1, Added: 1}, body: "one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, _ := open(t)
			ctx := t.Context()
			src, err := s.PutSource(ctx, "docs", "/docs")
			if err != nil {
				t.Fatal(err)
			}
			first, err := s.Import(ctx, src, []File{file("a.md", "one")})
			if err != nil {
				t.Fatal(err)
			}
			id := first.IDs[0]
			if tt.edit != "" {
				if _, err := s.Save(ctx, "w", id, 1, text(tt.edit)); err != nil {
					t.Fatal(err)
				}
			}
			again, err := s.PutSource(ctx, "docs", "/docs")
			if err != nil || again != src {
				t.Fatalf("source %d became %d, %v", src, again, err)
			}
			got, err := s.Import(ctx, src, tt.second)
			if err != nil {
				t.Fatal(err)
			}
			got.IDs = nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			n, err := s.Note(ctx, id)
			if err != nil || n.Body != tt.body {
				t.Errorf("the note is %q, %v; want %q", n.Body, err, tt.body)
			}
			if tt.want.Updated > 0 && n.Version != 2 {
				t.Errorf("version %d after an update: a window would save over it", n.Version)
			}
		})
	}
}

func TestSources(t *testing.T) {
	s, _ := open(t)
	ctx := t.Context()
	src, err := s.PutSource(ctx, "docs", "/docs")
	if err != nil {
		t.Fatal(err)
	}
	var files []File
	for _, p := range []string{"z.md", "a/1.md", "a/b/2.md", "a/b/3.md", "ab/4.md", "100%_x/5.md"} {
		files = append(files, File{Path: p, Hash: p, Text: text(p)})
	}
	if _, err := s.Import(ctx, src, files); err != nil {
		t.Fatal(err)
	}
	got, err := s.Sources(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got[0].Imported = 0
	want := []Source{{ID: src, Name: "docs", Path: "/docs", Notes: 6, Folders: []Folder{{"100%_x", 1}, {"a", 3}, {"a/b", 2}, {"ab", 1}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for folder, want := range map[string][]string{"a": {"a/1.md", "a/b/2.md", "a/b/3.md"}, "a/b": {"a/b/2.md", "a/b/3.md"}, "100%_x": {"100%_x/5.md"}, "100": nil} {
		list, err := s.Notes(ctx, Filter{Source: src, Folder: folder, Order: ByPath})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range list {
			got = append(got, n.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("folder %s (-want +got):\n%s", folder, diff)
		}
	}
}

func TestTrash(t *testing.T) {
	s, path := open(t)
	ctx := t.Context()
	old, fresh, kept := create(t, s, "old"), create(t, s, "fresh"), create(t, s, "kept")
	s.now = func() time.Time { return time.Now().Add(-trashKept - time.Hour) }
	if err := s.Trash(ctx, old.ID); err != nil {
		t.Fatal(err)
	}
	s.now = time.Now
	if err := s.Trash(ctx, fresh.ID); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = reopen(t, path)
	c, err := s.Counts(ctx)
	if err != nil || c != (Counts{All: 1, Own: 1, Trashed: 1}) {
		t.Errorf("counts %+v, %v", c, err)
	}
	if hits, err := s.Search(ctx, "fresh", 9); err != nil || len(hits) != 0 {
		t.Errorf("found %v, %v in the trash", hits, err)
	}
	if err := s.Restore(ctx, fresh.ID); err != nil {
		t.Fatal(err)
	}
	list, err := s.Notes(ctx, Filter{Order: ByTitle})
	if err != nil || len(list) != 2 || list[0].ID != fresh.ID || list[1].ID != kept.ID {
		t.Errorf("list %v, %v", list, err)
	}
	if n := create(t, s, "new"); n.ID <= kept.ID {
		t.Errorf("id %d was used before", n.ID)
	}
}

func TestNewerDatabase(t *testing.T) {
	s, path := open(t)
	if _, err := s.write.ExecContext(t.Context(), fmt.Sprintf("PRAGMA user_version = %d", len(migrations)+1)); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if s, err := Open(t.Context(), path); err == nil {
		s.Close()
		t.Error("a database of a newer program was opened")
	}
}

func TestDurable(t *testing.T) {
	s, _ := open(t)
	var mode string
	var sync int
	if err := s.write.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil {
		t.Fatal(err)
	}
	if err := s.write.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&sync); err != nil {
		t.Fatal(err)
	}
	if mode != "wal" || sync != 2 {
		t.Errorf("journal_mode %s, synchronous %d; want wal and 2, which is FULL", mode, sync)
	}
	if _, err := s.read.ExecContext(t.Context(), "DELETE FROM note"); err == nil {
		t.Error("a reader can write")
	}
}

// write saves a note again and again, and says so after each time, until it is
// killed.
func write(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path)
	if err != nil {
		return err
	}
	n, err := s.Create(ctx, text("0"))
	if err != nil {
		return err
	}
	for i := int64(1); ; i++ {
		body := strconv.FormatInt(i, 10)
		if err := s.SaveDraft(ctx, "w", Draft{Note: n.ID, Base: n.Version, Body: body}); err != nil {
			return err
		}
		if n, err = s.Save(ctx, "w", n.ID, n.Version, text(body+strings.Repeat(" filler", 500))); err != nil {
			return err
		}
		fmt.Println(n.ID, i)
	}
}

// TestKilled kills a process in the middle of its writes. What it has
// acknowledged has to be there, and the database in order.
func TestKilled(t *testing.T) {
	for round := range 4 {
		path := filepath.Join(t.TempDir(), "notes.db")
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), writerEnv+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var id, acknowledged int64
		lines := bufio.NewScanner(out)
		for killed := false; lines.Scan(); {
			if _, err := fmt.Sscan(lines.Text(), &id, &acknowledged); err != nil {
				t.Fatal(err)
			}
			if !killed && acknowledged > int64(5+round*7) {
				killed = true
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // it was killed
		if acknowledged == 0 {
			t.Fatal("the process wrote nothing")
		}

		s := reopen(t, path)
		n, err := s.Note(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		var got int64
		if _, err := fmt.Sscan(n.Body, &got); err != nil {
			t.Fatal(err)
		}
		// One save more may have been done and not been said.
		if got != acknowledged && got != acknowledged+1 {
			t.Errorf("save %d was acknowledged, %d is there", acknowledged, got)
		}
		check(t, s.read)
	}
}

func check(t *testing.T, db *sql.DB) {
	t.Helper()
	var result string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Errorf("integrity: %s, %v", result, err)
	}
}
