/** The words of the widget in the language of the page. Each file in `languages/` is one, named by its code. */

import { ENGLISH } from './english.js';

type Plural = { readonly one: string; readonly other: string };

export interface Messages {
  readonly title: string;
  readonly subtitle: string;
  readonly greeting: string;
  readonly launcher: string;
  readonly launcherUnread: Plural;
  readonly close: string;
  readonly startOver: string;
  readonly composer: string;
  readonly placeholder: string;
  readonly send: string;
  readonly stop: string;
  readonly disclaimer: string;
  readonly you: string;
  readonly assistant: string;
  readonly log: string;
  readonly newText: string;
  readonly edit: string;
  readonly editing: string;
  readonly save: string;
  readonly keep: string;
  readonly retry: string;
  readonly discard: string;
  readonly copy: string;
  readonly copied: string;
  readonly regenerate: string;
  readonly helpful: string;
  readonly notHelpful: string;
  readonly whatWasWrong: string;
  readonly sendReason: string;
  readonly thanks: string;
  readonly sources: Plural;
  readonly source: string;
  readonly page: string;
  /** By the name of a step; one without words here is told in the server's. */
  readonly steps: Readonly<Record<string, string>>;
  readonly stopped: string;
  readonly restartedAnswer: string;
  readonly deleted: string;
  readonly queued: string;
  readonly offline: string;
  readonly reconnecting: string;
  readonly signInNeeded: string;
  readonly signInRefused: string;
  readonly tooLong: string;
  readonly person: string;
  /** Said to a server that knows no other way to ask for one. */
  readonly personWish: string;
  readonly waiting: string;
  readonly place: string;
  readonly joined: string;
  readonly bot: string;
  readonly closed: string;
  readonly isTyping: string;
  readonly decide: string;
  readonly choose: string;
  readonly until: string;
  readonly other: string;
  readonly otherSend: string;
  readonly decided: string;
  readonly calendar: string;
  readonly calendarFailed: string;
  readonly unsupported: string;
}

export interface Language {
  /** IETF tag. */
  readonly code: string;
  readonly direction: 'ltr' | 'rtl';
  readonly messages: Messages;
}

/** The codes of the files in `languages/`. */
declare const LANGUAGES: readonly string[];
/** Whose script runs from the right. */
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur']);
const PATIENCE_MS = 3_000;

/** The wanted language that comes first, with the words that there are for it; without any it is in English. */
export function language(...wanted: (string | null | undefined)[]): Language {
  const code = wanted.find(Boolean) ?? 'en';
  return { code: base(code) === 'en' ? code : 'en', direction: RIGHT_TO_LEFT.has(base(code)) ? 'rtl' : 'ltr', messages: ENGLISH };
}

/** Likewise with the words of the language, fetched from the server where they are not English.
 * @returns null where there are none, or they cannot be had in time */
export async function fetchedLanguage(server: string, ...wanted: (string | null | undefined)[]): Promise<Language | null> {
  const code = wanted.find(Boolean) ?? 'en';
  if (!LANGUAGES.includes(base(code))) return null;
  try {
    const response = await fetch(`${server}/widget/${base(code)}.json`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { direction, messages } = (await response.json()) as Omit<Language, 'code'>;
    return { code, direction, messages: { ...ENGLISH, ...messages } };
  } catch {
    return null;
  }
}

function base(code: string): string {
  return code.toLowerCase().split('-')[0] ?? '';
}

/** A text with its blanks filled in. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => String(values[name] ?? blank));
}

/** The form of a text for a number, with the number in it. */
export function counted({ code, messages }: Language, name: 'sources' | 'launcherUnread', n: number): string {
  const form = new Intl.PluralRules(code).select(n) === 'one' ? 'one' : 'other';
  return filled(messages[name][form], { n: new Intl.NumberFormat(code).format(n) });
}
