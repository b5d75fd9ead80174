/** What a page says of the widget in the attributes of its script line. */

import type { Credential } from 'pitcrew-client';

export interface Settings {
  /** Origin, and path if there is one, of the server. */
  readonly server: string;
  readonly credential: Credential | null;
  readonly sessionId: string | null;
  readonly language: string | null;
  readonly theme: 'light' | 'dark' | 'auto';
  readonly accent: string | null;
  readonly side: 'start' | 'end';
  readonly title: string | null;
  readonly subtitle: string | null;
  readonly greeting: string | null;
  readonly suggestions: readonly string[];
  readonly open: boolean;
  readonly launcher: boolean;
}

const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]']);

/** @param script the line itself; `data-server` where the server is not where the script comes from */
export function settingsOf(script: HTMLScriptElement): Settings {
  const { dataset } = script;
  const server = (dataset['server'] ?? new URL('.', script.src).href).replace(/\/$/, '');
  return {
    server, credential: credentialOf(dataset, server), sessionId: dataset['session'] ?? null,
    language: dataset['language'] ?? null, theme: one(dataset['theme'], ['light', 'dark', 'auto'], 'auto'),
    accent: dataset['accent'] ?? null, side: one(dataset['side'], ['start', 'end'], 'end'), title: dataset['title'] ?? null,
    subtitle: dataset['subtitle'] ?? null, greeting: dataset['greeting'] ?? null,
    suggestions: (dataset['suggestions'] ?? '').split('|').map((text) => text.trim()).filter(Boolean),
    open: 'open' in dataset, launcher: dataset['launcher'] !== 'none',
  };
}

function one<T extends string>(value: string | undefined, known: readonly T[], otherwise: T): T {
  return known.find((name) => name === value) ?? otherwise;
}

function credentialOf(dataset: DOMStringMap, server: string): Credential | null {
  const { token, tokenUrl, ticketUrl } = dataset;
  if (token) return { token };
  if (ticketUrl) return { ticket: () => fetched(ticketUrl, 'ticket') };
  if (tokenUrl) return { token: () => fetched(tokenUrl, 'token') };
  // A server on this machine gives a token for development; where it does not, the page has to identify its user.
  return LOCAL.has(new URL(server).hostname) ? { token: () => fetched(`${server}/ws/test/token`, 'token') } : null;
}

/** Asks the page's own server, as whoever is signed in there. */
async function fetched(address: string, name: 'token' | 'ticket'): Promise<string> {
  const own = new URL(address, location.href).origin === location.origin;
  const response = await fetch(address, { credentials: own ? 'same-origin' : 'omit', cache: 'no-store' });
  const body: unknown = response.ok ? await response.json() : null;
  const value = body !== null && typeof body === 'object' ? (body as Record<string, unknown>)[name] : null;
  if (typeof value !== 'string') throw new Error(`${address} gave no ${name} (${response.status})`);
  return value;
}
