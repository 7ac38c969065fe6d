package hostile_test

import (
	"os"
	"testing"

	"github.com/mullion-dev/mullion/internal/e2e"
)

// TestStorageQuota has a page store more and more: the engine bounds what an
// origin has on the disk. It writes 1 GiB, and runs where MULLION_STORAGE is set.
func TestStorageQuota(t *testing.T) {
	if os.Getenv("MULLION_STORAGE") == "" {
		t.Skip("it writes 1 GiB: set MULLION_STORAGE=1")
	}
	app := e2e.Start(t, e2e.Options{})
	var got struct {
		Stored int    `json:"stored"`
		Error  string `json:"error"`
	}
	app.Main().Must(`
		const wait = (r) => new Promise((ok, fail) => { r.onsuccess = () => ok(r.result); r.onerror = () => fail(r.error); });
		const open = indexedDB.open('flood', 1);
		open.onupgradeneeded = () => open.result.createObjectStore('pieces', { autoIncrement: true });
		const db = await wait(open);
		const piece = new Uint8Array(64 << 20);
		let stored = 0;
		try {
			for (; stored < 1200 << 20; stored += piece.length) {
				const t = db.transaction('pieces', 'readwrite');
				await wait(t.objectStore('pieces').add(piece));
				await new Promise((ok, fail) => { t.oncomplete = ok; t.onabort = () => fail(t.error); });
			}
		} catch (e) {
			return { stored, error: String(e && e.name) };
		}
		return { stored, error: '' };`, &got)
	if got.Error != "QuotaExceededError" || got.Stored > 1<<30 {
		t.Errorf("a page stored %d bytes, and then: %q", got.Stored, got.Error)
	}
	t.Logf("%d MiB", got.Stored>>20)
}
