// Calls everything that the app has by its bindings, and compares.

import { Channel } from "@mullion/api";
import * as api from "./bindings";
import { bytes, equal, first, kind, rejection, show } from "./check";
import { odd } from "./odd";

const zeroThing: api.Thing = {
  id: 0,
  note: "",
  hidden: false,
  Plain: "",
  "with space": 0,
  long: "0",
  maybe: null,
  kids: [],
  byName: {},
  byColor: {},
  byNumber: {},
  byAddr: {},
  pair: [0, 0],
  many: Array<boolean>(9).fill(false),
  inline: { deep: false },
  data: bytes(),
  digest: bytes(0, 0, 0, 0),
  blobs: [],
  when: "0001-01-01T00:00:00Z",
  took: 0,
  any: null,
};

const thing: api.Thing = {
  ...zeroThing,
  id: 7,
  more: "more",
  note: "note",
  hidden: true,
  Plain: "plain",
  "with space": 1,
  long: "4611686018427387905",
  left: "left",
  empty: ["a"],
  maybe: "maybe",
  gone: { ...zeroThing, Plain: "gone" },
  kids: [{ ...zeroThing, data: bytes(1, 2, 3) }],
  byName: JSON.parse('{"nil":null,"__proto__":null}') as api.Thing["byName"],
  byColor: { blue: 1 },
  byNumber: { [-5]: "five" },
  byAddr: { "::1": 1 },
  pair: [0.5, -1e300],
  many: [...Array<boolean>(8).fill(false), true],
  data: bytes(0, 127, 255),
  digest: bytes(9, 8, 7, 6),
  blobs: [bytes(), bytes(1)],
  when: "2026-01-02T03:04:05.006Z",
  took: 1.5,
  any: { x: [null, true, "s", 1.5] },
};
Object.defineProperty(thing.byName, "__proto__", { value: { ...zeroThing, data: bytes(4) }, enumerable: true });

const zeroWire: api.Wire = {
  url: "", big: null, addr: "", raw: null, old: null, month: 0, custom: [0, 0], upper: "", either: "" as "a",
};

const kinds: Record<string, () => Promise<void>> = {
  boolean: () => kind("boolean", api.boolean_, true, false),
  text: () => kind("text", api.text, "\0\u2028<ж>\u{1F600}", ""),
  integer: () => kind("integer", api.integer, -(2 ** 31), 0),
  small: () => kind("small", api.small, 255, 0),
  number: () => kind("number", api.number_, 5e-324, 0),
  duration: () => kind("duration", api.duration, 90000.000001, 0),
  moment: () => kind("moment", api.moment, "2026-02-28T23:59:59.999999999+01:00", "0001-01-01T00:00:00Z"),
  color: () => kind<api.Color>("color", api.color, api.Color.Blue, ""),
  level: () => kind<api.Level>("level", api.level, api.Level.High, api.Level.Low),
  access: () => kind("access", api.access, api.Access.Read | api.Access.Execute, 0),
  id: () => kind("id", api.id, Number.MAX_SAFE_INTEGER, 0),
  blob: () => kind("blob", api.blob, { Blob: bytes(1, 2) }, { Blob: bytes() }),
  digest: () => kind("digest", api.digest, bytes(1, 2, 3, 4), bytes(0, 0, 0, 0)),
  letters: () => kind("letters", api.letters, [97, 98], []),
  texts: () => kind("texts", api.texts, ["", "x"], []),
  grid: () => kind("grid", api.grid, [[1], []], []),
  pairs: () => kind("pairs", api.pairs, [["a", ""], ["", ""]], [["", ""], ["", ""]]),
  byteMap: () => kind("byteMap", api.byteMap, { a: bytes(1), "": bytes() }, {}),
  nullable: () => kind("nullable", api.nullable, [null, 1000], []),
  anything: () => kind("anything", api.anything, { a: null }, null),
  thing: () => kind("thing", api.thing, thing, zeroThing),
  pageOfThings: () => kind("pageOfThings", api.pageOfThings, { items: [zeroThing], next: zeroThing }, { items: [], next: null }),
  pageOfTexts: () => kind<api.Page<string | null>>("pageOfTexts", api.pageOfTexts, { items: [null], next: null }, { items: [], next: null }),
  pageOfBytes: () => kind("pageOfBytes", api.pageOfBytes, { items: bytes(1), next: null }, { items: bytes(), next: null }),
  table: () => kind("table", api.table, { rows: { [api.Level.High]: bytes(1) } }, { rows: {} }),
  tree: () => kind<api.Tree>("tree", api.tree, { a: { b: {} } }, {}),
  list: () => kind<api.List>("list", api.list, [[], [[]]], []),
  empty: () => kind("empty", api.empty, [{}], []),
  wire: () =>
    kind(
      "wire",
      api.wire,
      {
        url: "https://example.com/a%20b", big: String(2n ** 100n), addr: "10.0.0.1", raw: { a: [1] }, old: "old", month: api.Month.May, custom: [1, 2],
        upper: "UP", either: "a",
      },
      zeroWire,
    ),
};

const rest: Record<string, () => Promise<void>> = {
  async calls() {
    const none: void = await api.delete_();
    equal(none, null, "no result");
    const all = bytes(0, 1, 2, 3);
    equal(await api.upload(all.subarray(1, 3)), 2, "a view");
    equal(await api.uploadAll(all.buffer), 4, "a buffer");
    equal(await api.download(), bytes(1, 2, 3), "a stream");
    equal(await api.nothing(), bytes(), "no bytes");
    equal(await api.raw({ a: 1 }), { a: 1 }, "raw");
    equal(await api.options(), { name: null }, "no options");
    equal(await api.options({ name: "a", size: 2 }), { name: "A", size: 2 }, "options");
    equal(await api.handed({ name: "b" }), { name: "B" }, "a handler made by Typed");
    equal(await api.bindKit.readAll(), bytes(1, 2, 3), "a command of a plugin");
    equal(await api.bindKit.look(), null, "a raw command of a plugin");
  },
  async signals() {
    const controller = new AbortController();
    const over = first<null>();
    await api.events.bindingsGivenUp.once((event) => over.resolve(event.payload));
    // A call that is given up at once need not reach the app.
    const waiting = first<null>();
    await api.events.bindingsWaiting.once((event) => waiting.resolve(event.payload));
    const call = api.wait({ signal: controller.signal });
    await Promise.race([waiting.promise, call]);
    controller.abort(new Error("enough"));
    equal(String(await rejection(call)), "Error: enough", "an aborted call");
    equal(await over.promise, null, "the payload nil");
  },
  async channels() {
    const numbers: number[] = [];
    const data: Uint8Array[] = [];
    const told = first<api.Told>();
    const [allNumbers, allData] = [first<null>(), first<null>()];
    await api.countUp({
      to: 3,
      onNumber: (n) => numbers.push(n) === 3 && allNumbers.resolve(null),
      onData: (b) => data.push(b) === 3 && allData.resolve(null),
      onTold: told.resolve,
    });
    await Promise.all([allNumbers.promise, allData.promise]);
    equal((await told.promise).data, bytes(5), "bytes in a message");
    equal([numbers, data], [[0, 1, 2], [bytes(0), bytes(1), bytes(2)]], "messages");
    const done = first<number>();
    const onNumber = new Channel<number>((n) => {
      if (n === 1) {
        done.resolve(n);
      }
    });
    await api.countUp({ to: 2, onNumber });
    equal(await done.promise, 1, "a channel");
  },
  async errors() {
    const problem = await rejection(api.raise({ how: "problem" }));
    if (!api.isProblem(problem)) {
      throw new Error(`not a problem: ${show(problem)}`);
    }
    const code: number = problem.code;
    equal(code, 42, "the code");
    const other = await rejection(api.raise({ how: "text" }));
    equal(other, "text", "an error of Go");
    equal(api.isProblem(other), false, "is a text a problem");
    const errors: api.CommandErrors["raise"][] = [problem, "text"];
    equal(errors.length, 2, "errors");
  },
  async states() {
    equal(await api.states.count.get(), { value: 3, version: 1 }, "a state");
    const { value } = await api.states.shared.get();
    equal(value, { data: bytes(1), wait: 60000, list: [] }, "a state with bytes");
    const seen = first<api.Shared>();
    const off = await api.states.shared.subscribe((shared) => {
      if (shared.data.length === 2) {
        seen.resolve(shared);
      }
    });
    const changed = await api.states.shared.update((shared) => ({ ...shared, data: bytes(...shared.data, 2), wait: 0.5 }));
    equal(changed.value, { data: bytes(1, 2), wait: 0.5, list: [] }, "what was set");
    equal(await seen.promise, changed.value, "what was seen");
    off();
    await api.states.shared.set({ data: bytes(), wait: 0, list: ["red"] });
    equal((await api.states.shared.get()).value.list, [api.Color.Red], "what is there");
  },
  async events() {
    const told = first<api.Told>();
    const off = await api.events.bindingsTold.listen((event) => told.resolve(event.payload));
    await api.events.bindingsAsked.emit({ data: bytes(1, 255), from: ["page"] });
    equal(await told.promise, { data: bytes(1, 255), from: ["page", "core"] }, "an event to the app and back");
    off();
    const asked = first<api.Told>();
    await api.events.bindingsAsked.once((event) => asked.resolve(event.payload));
    await api.events.bindingsAsked.emit({ data: bytes(9), from: [] });
    equal(await asked.promise, { data: bytes(9), from: [] }, "an event of a page");
  },
};

const tests = { ...kinds, ...odd, ...rest };

/** The names of what there is to test. */
export const names = Object.keys(tests);

export async function run(name: string): Promise<void> {
  await tests[name as keyof typeof tests]?.();
}
