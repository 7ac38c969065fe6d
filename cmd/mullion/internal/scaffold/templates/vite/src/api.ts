import { invoke, state } from "@mullion/api";

/** What commands.go calls guests. */
export interface Guests {
  names: string[];
  count: number;
}

/** The state that all windows share. */
export const guests = state<Guests>("guests");

export const greet = (name: string) => invoke<string>("greet", { name });

export const openWindow = () => invoke<void>("open_window");

export const headline = (count: number) => (count === 0 ? "Nobody was greeted yet" : `Greeted so far: ${count}`);
