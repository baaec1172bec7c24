// Tells the other tabs of this app, and this one, what has changed.

const channel = 'BroadcastChannel' in self ? new BroadcastChannel('odograph-driver') : null;
const listeners = new Map();

function deliver({ what, about }) {
  for (const listener of listeners.get(what) ?? []) listener(about);
}

if (channel) channel.onmessage = (event) => deliver(event.data);

/** Calls `listener` whenever somebody says `what`. */
export function on(what, listener) {
  const all = listeners.get(what) ?? new Set();
  listeners.set(what, all.add(listener));
  return () => all.delete(listener);
}

/** Tells this tab and the others. */
export function tell(what, about) {
  tellOthers(what, about);
  deliver({ what, about });
}

/** Tells the others only. */
export function tellOthers(what, about) {
  channel?.postMessage({ what, about });
}
