// Fails to compile when api.ts and the types written for its users disagree.

import type * as actual from "../api";
import type * as written from "./api";

// Channel has private parts, which make two declarations of it differ.
type Public<M> = {
  [K in keyof M]: M[K] extends new (...args: infer A) => infer I ? (...args: A) => { [P in keyof I]: I[P] } : M[K];
};

type Actual = Public<Omit<typeof actual, "Channel">>;
type Written = Public<Omit<typeof written, "Channel">>;

export const forwards: (m: Actual) => Written = (m) => m;
export const backwards: (m: Written) => Actual = (m) => m;
export const channel: (c: actual.Channel<string>) => Pick<written.Channel<string>, "id" | "onmessage" | "toJSON"> = (c) => c;
