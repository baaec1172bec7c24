// The driver's choices for this phone. They are needed before the first paint, so they are in the local storage.

const DEFAULTS = { language: null, theme: 'auto', sound: true, awake: false, share: false, attach: false };
const KEY = 'odograph-driver';

function load() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? '{}') };
  } catch {
    return { ...DEFAULTS };
  }
}

export const prefs = load();

/** Changes one choice and keeps it. */
export function prefer(name, value) {
  prefs[name] = value;
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // It holds until the app ends.
  }
}

/** Shows the chosen theme. */
export function showTheme() {
  document.documentElement.dataset.theme = prefs.theme;
}
