// What the mouse and the keyboard do without a script of the page: drag
// regions, and the key that opens the developer tools.

import { getter, uncurry } from "./builtins";

type Run = (cmd: string, args?: unknown) => void;

const ElementOf = Element;
const attributeOf = uncurry(Element.prototype.getAttribute) as (element: Element, name: string) => string | null;
const tagNameOf = getter(Element.prototype, "tagName") as (element: Element) => string;
const pathOf = uncurry(Event.prototype.composedPath) as (event: Event) => EventTarget[];
const preventDefault = uncurry(Event.prototype.preventDefault) as (event: Event) => void;
const stopImmediately = uncurry(Event.prototype.stopImmediatePropagation) as (event: Event) => void;
const buttonOf = getter(MouseEvent.prototype, "button") as (event: MouseEvent) => number;
const clicksOf = getter(UIEvent.prototype, "detail") as (event: UIEvent) => number;

const clickableTags = /^(?:a|button|input|select|textarea|label|summary)$/i;
const clickableRoles = /^(?:button|link|menuitem|tab|checkbox|radio|switch|option)$/;
const matches = uncurry(RegExp.prototype.test) as (pattern: RegExp, text: string) => boolean;

function isClickable(element: Element): boolean {
  const editable = attributeOf(element, "contenteditable");
  const tabIndex = attributeOf(element, "tabindex");
  const role = attributeOf(element, "role");
  return matches(clickableTags, tagNameOf(element)) ||
    (editable !== null && editable !== "false") ||
    (tabIndex !== null && tabIndex !== "-1") ||
    (role !== null && matches(clickableRoles, role));
}

/** Whether a press with that path, from its target outwards, moves the window. */
function drags(path: EventTarget[]): boolean {
  for (let i = 0; i < path.length; i++) {
    const element = path[i];
    if (!(element instanceof ElementOf)) {
      continue;
    }
    const region = attributeOf(element, "data-tauri-drag-region");
    if (region === null) {
      if (isClickable(element)) {
        return false;
      }
    } else if (region === "false") {
      return false;
    } else if (region === "deep" || i === 0) {
      return true;
    }
  }
  return false;
}

/** Handles mousedown: elements with data-tauri-drag-region move the window. */
export function dragRegions(run: Run): (event: MouseEvent) => void {
  return (event) => {
    const clicks = clicksOf(event);
    if (buttonOf(event) !== 0 || clicks < 1 || clicks > 2 || !drags(pathOf(event))) {
      return;
    }
    preventDefault(event);
    stopImmediately(event);
    run(clicks === 1 ? "plugin:window|start_dragging" : "plugin:window|internal_toggle_maximize");
  };
}

/** Handles keydown: Ctrl+Shift+I opens or closes the developer tools. */
export function devtoolsKey(run: Run): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.ctrlKey && event.shiftKey && !event.altKey && !event.metaKey && event.code === "KeyI") {
      preventDefault(event);
      run("plugin:webview|internal_toggle_devtools");
    }
  };
}
