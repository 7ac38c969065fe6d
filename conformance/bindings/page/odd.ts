// Calls what is odd about types and names, and compares.

import * as api from "./bindings";
import { bytes, equal, first, kind, rejection, show } from "./check";

const zeroWords: api.Words = { class: "", function: "", arguments: 0, ["__proto__"]: bytes(), constructor: bytes(), "1st": false, "with-dash": false, жук: "" };

const zeroNamed: api.Named = {
  Object: { A: 0 },
  Promise: { B: 0 },
  Bytes: { C: bytes() },
  Timestamp: { D: 0 },
  Receiver: { E: 0 },
  Lower: { F: 0 },
  Upper: { G: 0 },
  First: { text: "", kind: "" },
  Second: { data: bytes(), kind: api.SecondKind.Plain },
  Kinds: { left: "", right: 0 },
  T: { t: { value: false, next: null } },
};

const zeroShapes: api.Shapes = {
  Deep: null,
  List: null,
  None: [],
  Bytes: [],
  Maps: {},
  Digests: [bytes(0, 0, 0, 0), bytes(0, 0, 0, 0)],
  Structs: [],
  Either: [null, null],
  Small: [0, 0],
  Tiny: [],
  Set: {},
  Moods: {},
  Waits: {},
  Floats: {},
  Address: 0,
  Rune: 0,
};

const zeroOthers: api.Others = {
  Number: "",
  Null: { String: "", Valid: false },
  IP: "",
  Hardware: bytes(),
  Prefix: "",
  Rat: null,
  Level: "INFO",
  Rect: { Min: { X: 0, Y: 0 }, Max: { X: 0, Y: 0 } },
  Moment: "0001-01-01T00:00:00Z",
  Stamp: "0001-01-01T00:00:00Z",
};

const year1 = "0001-01-01T00:00:00Z";

export const odd: Record<string, () => Promise<void>> = {
  mood: () => kind<api.Mood>("mood", api.mood, api.Mood.Cross, 0),
  month: () => kind<api.Month>("month", api.month, api.Month.December, 0),
  case: () => kind<api.Case>("case", api.case_, api.Case.Near_, ""),
  words: () =>
    kind(
      "words",
      api.words,
      { ...zeroWords, class: "c", function: "f", arguments: 1, ["__proto__"]: bytes(1), constructor: bytes(2), "1st": true, жук: "ж" },
      zeroWords,
    ),
  strings: () =>
    kind<api.Strings>(
      "strings",
      api.strings,
      { id: "9007199254740993", level: "1", mood: "1", big: "18446744073709551615", wait: "1000", month: "5" },
      { id: "0", level: "0", mood: null, big: null, wait: "0" },
    ),
  node: () =>
    kind<api.Node<Uint8Array>>("node", api.node, { value: bytes(1), next: { value: bytes(2), next: null } }, { value: bytes(), next: null }),
  pair: () =>
    kind<Awaited<ReturnType<typeof api.pair>>>(
      "pair",
      api.pair,
      { left: api.Mood.Calm, right: { object: "1970-01-01T00:00:00Z" } },
      { left: null, right: { object: year1 } },
    ),
  forest: () => kind<api.Forest<number>>("forest", api.forest, { a: { b: {} } }, {}),
  sum: () => kind("sum", api.sum, { n: "5" }, { n: "0" }),
  named: () =>
    kind(
      "named",
      api.named,
      {
        ...zeroNamed,
        Lower: { F: 1 },
        Upper: { G: 2 },
        Bytes: { C: bytes(3) },
        First: { text: "", kind: api.FirstKind.Rich },
        Second: { data: bytes(4), kind: 0 },
      },
      zeroNamed,
    ),
  shapes: () =>
    kind<api.Shapes>(
      "shapes",
      api.shapes,
      {
        Deep: 1,
        List: [2],
        None: [],
        Bytes: [null, bytes(3)],
        Maps: { a: { 1: bytes(4) } },
        Digests: [bytes(1, 0, 0, 0), bytes(2, 0, 0, 0)],
        Structs: [{ A: bytes(5) }],
        Either: [null, { A: 6 }],
        Small: [7, 8],
        Tiny: [9],
        Set: { s: {} },
        Moods: { [api.Mood.Calm]: [api.Mood.Cross] },
        Waits: { 1000: 10 },
        Floats: { 0.5: 1.5 },
        Address: 11,
        Rune: 114,
      },
      zeroShapes,
    ),
  others: () =>
    kind(
      "others",
      api.others,
      {
        Number: "12",
        Null: { String: "s", Valid: true },
        IP: "127.0.0.1",
        Hardware: bytes(1, 2),
        Prefix: "10.0.0.0/8",
        Rat: "1/3",
        Level: "WARN",
        Rect: { Min: { X: 1, Y: 2 }, Max: { X: 3, Y: 4 } },
        Moment: "1970-01-01T00:00:01Z",
        Stamp: "1970-01-01T00:00:02Z",
      },
      zeroOthers,
    ),
  inherits: () => kind("inherits", api.inherits, { items: [1], next: null, note: true }, { items: [], next: null, note: false }),
  local: () => kind<api.Local>("local", api.local, { Local: api.Mood.Calm }, { Local: 0 }),

  async query() {
    const told = first<Uint8Array>();
    const like = bytes(1, 2, 3, 4);
    equal(await api.args({ like, tell: told.resolve }), { left: like, right: false }, "generic arguments");
    equal(await told.promise, like, "a message of a generic channel");
    equal(await api.isRefusal({ like: 0, until: year1 }), { left: 0, right: true }, "the zero value of an enumeration as an argument");
  },
  async guards() {
    const error = await rejection(api.refuse());
    if (!api.isRefusal_(error)) {
      throw new Error(`no refusal: ${show(error)}`);
    }
    const why: api.Mood = error.why;
    equal(why, api.Mood.Cross, "why");
  },
  async plugin() {
    equal([await api.events_.part2(), await api.events_.part2_()], [2, 1], "commands whose names differ in signs alone");
    equal(await api.events_.delete(), null, "no result");
  },
  async stateOfThatName() {
    equal((await api.states.constructor.get()).value, zeroWords, "a state");
  },
};
