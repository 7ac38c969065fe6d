package scaffold

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCalls(t *testing.T) {
	files := fstest.MapFS{
		"src/App.tsx": {Data: []byte(`
import { invoke, Channel } from "@tauri-apps/api/core";
import { open } from '@tauri-apps/plugin-dialog';
// await invoke("commented")
const a = await invoke<string>("greet", { name, "loud": true });
await invoke('save_note', {
  // the whole of it
  note: { id: 1, tags: ["a", "b"] },
  title: ` + "`${x}, y`" + `,
  count: 3, ratio: -0.5, onProgress: new Channel<number>(),
  ...rest,
});
const list: Note[] = await invoke<Record<string, number[]>>("list");
invoke(name, {});
invoke("plugin:fs|read_text_file", { path: "x" });
this.reinvoke("not_this");
`)},
		"src/lib/more.svelte":          {Data: []byte("<p>don't</p>\n<script>invoke<void>(\n  `list`, { all: false }); invoke('greet', { name: 'x' })</script>")},
		"node_modules/x/index.js":      {Data: []byte(`invoke("hidden")`)},
		"src-tauri/target/x.js":        {Data: []byte(`invoke("hidden")`)},
		"src/core.ts":                  {Data: []byte(`async function invoke<T>(cmd: string, args: InvokeArgs = {}): Promise<T> {}`)},
		"src/notes.md":                 {Data: []byte(`invoke("hidden")`)},
		"src/components/List/Item.vue": {Data: []byte(`<button @click="invoke('drop', { id })">`)},
	}
	calls, plugins, unclear, err := Calls(files)
	if err != nil {
		t.Fatal(err)
	}
	want := []Call{
		{Name: "drop", Args: []Arg{{Name: "id", Type: "any"}}, Place: "src/components/List/Item.vue:1"},
		{Name: "greet", Args: []Arg{{Name: "name", Type: "string"}, {Name: "loud", Type: "bool", Optional: true}}, Result: "string", Place: "src/App.tsx:5"},
		{Name: "list", Args: []Arg{{Name: "all", Type: "bool", Optional: true}}, Result: "map[string][]float64", Place: "src/App.tsx:13"},
		{Name: "save_note", Args: []Arg{
			{Name: "note", Type: "any"}, {Name: "title", Type: "string"}, {Name: "count", Type: "int"}, {Name: "ratio", Type: "float64"},
			{Name: "onProgress", Type: "mullion.Channel[any]"},
		}, Place: "src/App.tsx:6"},
	}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"plugin:dialog", "plugin:fs|read_text_file"}, plugins); diff != "" {
		t.Errorf("plugins (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"src/App.tsx:14"}, unclear); diff != "" {
		t.Errorf("unclear (-want +got):\n%s", diff)
	}
}

func TestGoType(t *testing.T) {
	for in, want := range map[string]string{
		"string": "string", "number": "float64", " boolean ": "bool", "void": none, "string[]": "[]string", "Array<number>": "[]float64",
		"Record<string, boolean>": "map[string]bool", "string | null": "*string", "Note": "any", "Note[]": "[]any", "Note | null": "any", "[a, b]": "any",
	} {
		if got := goType(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestRustCommands(t *testing.T) {
	commands, structs, err := RustCommands(fstest.MapFS{"lib.rs": {Data: []byte(`
use tauri::{AppHandle, State};

// #[tauri::command]
// fn old() {}

#[tauri::command]
fn greet(name: &str) -> String {
    format!("Hello, {}!", name)
}

/// Saves.
#[tauri::command(async)]
#[allow(clippy::too_many_arguments)]
pub(crate) async fn save_note<R: tauri::Runtime>(
    app: AppHandle<R>,
    db: State<'_, Mutex<Db>>,
    note_id: u64,
    mut tags: Vec<String>,
    due: Option<f64>,
    // bytes
    data: std::vec::Vec<u8>,
    extra: HashMap<String, Vec<i32>>,
    note: Note,
    on_event: tauri::ipc::Channel<Progress>,
) -> Result<Vec<Note>, String> {
}

#[command(rename_all = "snake_case")]
pub fn drop_it(item_id: &'static str, _window: tauri::Window) {}

/// A note.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub note_id: u64,
    #[serde(rename = "type", default)]
    kind: Kind, // of it
    pub parent: Option<Box<Note>>,
    pub tags: HashMap<String, Vec<Tag>>,
    #[serde(skip)]
    secret: Mutex<()>,
}
#[derive(Serialize)]
struct Tag { name: String, at: (u8, u8) }
#[derive(Serialize)]
enum Kind { Short, Long }
#[derive(Deserialize)]
struct Unused { x: i32 }
struct Tuple(u8);
struct Unit;
struct Generic<T> { x: T }
`)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []RustCommand{
		{Name: "drop_it", Args: []Arg{{Name: "item_id", Type: "string"}}, Result: none, Signature: "fn drop_it(item_id: &'static str, _window: tauri::Window)", Place: "lib.rs:29"},
		{Name: "greet", Args: []Arg{{Name: "name", Type: "string"}}, Result: "string", Signature: "fn greet(name: &str) -> String", Place: "lib.rs:7"},
		{Name: "save_note", Result: "[]Note", Place: "lib.rs:13", Args: []Arg{
			{Name: "noteId", Type: "uint64"}, {Name: "tags", Type: "[]string"}, {Name: "due", Type: "*float64", Optional: true},
			{Name: "data", Type: "[]uint16"}, {Name: "extra", Type: "map[string][]int32"}, {Name: "note", Type: "Note"},
			{Name: "onEvent", Type: "mullion.Channel[any]"},
		}},
	}
	for i := range commands {
		if commands[i].Name == "save_note" {
			commands[i].Signature = ""
		}
	}
	if diff := cmp.Diff(want, commands); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	wantStructs := []RustStruct{
		{Name: "Note", Place: "lib.rs:35", Fields: []Arg{
			{Name: "noteId", Type: "uint64"}, {Name: "type", Type: "string"}, {Name: "parent", Type: "*Note"}, {Name: "tags", Type: "map[string][]Tag"},
		}},
		{Name: "Tag", Place: "lib.rs:45", Fields: []Arg{{Name: "name", Type: "string"}, {Name: "at", Type: "any"}}},
	}
	if diff := cmp.Diff(wantStructs, structs, cmpopts.IgnoreUnexported(RustStruct{})); diff != "" {
		t.Errorf("structs (-want +got):\n%s", diff)
	}
}
