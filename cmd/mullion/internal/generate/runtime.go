package generate

import (
	"fmt"
	"strings"
)

// runtime writes the functions that the module needs for itself, and that are
// used by what stands before.
func (r *renderer) runtime(before string) string {
	var b strings.Builder
	if r.t.used["Receiver"] {
		b.WriteString("\n/** Takes the messages of a command, in order: a function, or a Channel of @mullion/api or @tauri-apps/api. */\nexport type Receiver<T> = ((message: T) => void) | { onmessage: (message: T) => void };\n")
	}
	if r.helpers["event"] {
		b.WriteString(eventHelper)
	}
	revive := r.helpers["revive"]
	if r.helpers["channel"] || r.helpers["event"] || r.helpers["state"] || revive {
		b.WriteString("\ntype $Revive = (value: unknown) => unknown;\n")
	}
	if r.helpers["channel"] {
		b.WriteString(channelHelper)
	}
	if r.helpers["state"] {
		b.WriteString(stateHelper)
	}
	if r.helpers["has"] {
		b.WriteString(hasHelper)
	}
	if revive {
		for _, f := range r.t.order {
			fmt.Fprintf(&b, "\nfunction %s(value: unknown): unknown {\n  return %s;\n}\n", f.name, f.body)
		}
		for _, h := range reviveHelpers {
			if strings.Contains(before+b.String(), h.name) {
				b.WriteString(h.code)
			}
		}
	}
	return b.String()
}

const channelHelper = `
function $channel<T>(to: Receiver<T> | null | undefined, revive?: $Revive): unknown {
  if (to === undefined || to === null || (typeof to !== "function" && !revive)) {
    return to;
  }
  return new $.Channel<unknown>((message) => {
    const value = (revive ? revive(message) : message) as T;
    if (typeof to === "function") {
      to(value);
    } else {
      to.onmessage(value);
    }
  });
}
`

const eventHelper = `
/** An event with payloads of type T. Pages may emit it with those of type P. */
export interface AppEvent<T, P = never> {
  readonly name: string;
  /** Calls handler for each until the function that it returns is called. */
  listen(handler: $.EventCallback<T>, options?: $.Options): Promise<$.UnlistenFn>;
  /** Calls handler for the first one. */
  once(handler: $.EventCallback<T>, options?: $.Options): Promise<$.UnlistenFn>;
  /** Sends it to everyone who listens, and to the app. */
  emit(payload: P): Promise<void>;
}

function $event<T, P = never>(name: string, revive?: $Revive): AppEvent<T, P> {
  const listen = (handler: $.EventCallback<T>, options?: $.Options) =>
    $.listen<T>(name, revive ? (event) => handler({ ...event, payload: revive(event.payload) as T }) : handler, options);
  return {
    name,
    listen,
    once(handler, options) {
      let over = false;
      const off = listen((event) => {
        if (!over) {
          over = true;
          void off.then((unlisten) => unlisten());
          handler(event);
        }
      }, options);
      return off;
    },
    emit: (payload) => $.emit(name, payload),
  };
}
`

const stateHelper = `
function $state<T>(name: string, revive: $Revive): $.State<T> {
  const state = $.state<T>(name);
  const revived = (value: T) => revive(value) as T;
  return {
    name,
    async get() {
      const { value, version } = await state.get();
      return { value: revived(value), version };
    },
    set: (value, options) => state.set(value, options),
    async update(change) {
      const { value, version } = await state.update((value) => change(revived(value)));
      return { value: revived(value), version };
    },
    subscribe: (cb) => state.subscribe((value, version) => cb(revived(value), version)),
  };
}
`

const hasHelper = `
function $has(value: unknown, ...keys: string[]): boolean {
  return typeof value === "object" && value !== null && keys.every((key) => key in value);
}
`
