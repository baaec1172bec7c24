// The app's words, from one file a language.

import { prefs } from './prefs.js';

/** Language tag and its own name, of each file of words. */
export const LANGUAGES = [['en', 'English'], ['de', 'Deutsch']];

let words = {};
let language = 'en';
let region = 'en';
let plural = new Intl.PluralRules('en');

function chosen() {
  const wanted = prefs.language ?? navigator.language ?? 'en';
  const tag = wanted.slice(0, 2).toLowerCase();
  return LANGUAGES.some(([known]) => known === tag) ? tag : 'en';
}

/** Loads the words of the chosen language. */
export async function loadWords() {
  language = chosen();
  const answer = await fetch(`/driver/words-${language}.json`);
  words = await answer.json();
  plural = new Intl.PluralRules(language);
  // Dates as in the phone's country, where it speaks the same language.
  region = navigator.language.startsWith(language) ? navigator.language : language;
  document.documentElement.lang = language;
}

export const currentLanguage = () => language;

/** The words for `key`; `{name}` in them is replaced. With `n` the form for that number is taken. */
export function t(key, values = {}) {
  const numbered = 'n' in values ? words[`${key}_${plural.select(values.n)}`] ?? words[`${key}_other`] : undefined;
  const text = numbered ?? words[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A time as people write it: the hour, and the day unless it is today. */
export function when(iso) {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { weekday: 'short', day: 'numeric', month: 'short' };
  return new Intl.DateTimeFormat(region, { ...day, hour: '2-digit', minute: '2-digit' }).format(date);
}
