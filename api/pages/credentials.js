/** Who the page is for the server: the token of the sign-in form, or a guest. */

import { keep, recall } from './kept.js';

const TOKEN = 'token';

/** The server does not take the token. */
export class SignInRefused extends Error {}

/** @param {string} path of the HTTP interface, such as `datasets` @returns {URL} */
export const apiAddress = (path) => new URL(`../api/v1/${path}`, location.href);

/** @returns {string} empty for a guest */
export function enteredToken() {
  return document.getElementById('token').value.trim();
}

/** @returns {Record<string, string>} the header with which requests are made */
export function authorization() {
  const token = enteredToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** @returns {Promise<string | null>} null where the server gives none: it does so in development on loopback only */
export async function developmentToken() {
  const response = await fetch(new URL('test/token', location.href), { cache: 'no-store' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return (await response.json()).token;
}

let first = null;

/** The token that the page begins with, once it is in the form: the one of before a reload, or a development token.
 * Empty where there is neither; one that the person has typed meanwhile stays.
 * @returns {Promise<{token: string, given: boolean}>} `given`: by the server */
export function firstToken() {
  first ??= (async () => {
    const kept = recall(TOKEN) ?? '';
    const token = kept || await developmentToken().catch(() => null) || '';
    if (enteredToken()) return { token: '', given: false };
    const field = document.getElementById('token');
    field.value = token;
    // What is pasted now takes its place.
    if (field === document.activeElement) field.select();
    return { token, given: Boolean(token) && !kept };
  })();
  return first;
}

/** Keeps a token that the person typed, until the tab is closed. @param {string | null} token null to forget it */
export const keepToken = (token) => keep(TOKEN, token);

/** @param {string} token @returns {string | null} whose it is, as it says itself */
export function subject(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return String(claims.sub);
  } catch {
    return null;
  }
}

/** The address of a socket for whoever uses the page. A token goes as a ticket, which is good once: addresses are
 * written into logs.
 * @param {string} path below `/ws/` @param {Record<string, string>} query @returns {Promise<string>} */
export async function socketAddress(path, query = {}) {
  const address = await streamAddress(path, query);
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}

/** Likewise of a stream of events. @returns {Promise<URL>} */
export async function streamAddress(path, query = {}) {
  const address = new URL(path, location.href);
  address.search = new URLSearchParams(query);
  address.hash = '';
  if (enteredToken()) address.searchParams.set('ticket', await ticket());
  return address;
}

/** Asks the server to stop what it answers in a session, at the address of its stream.
 * @param {string} path @param {{session_id: string}} query @returns {Promise<boolean>} whether nothing is answered there
 *   any more */
export async function stopAnswer(path, { session_id }) {
  const address = new URL(path, location.href);
  address.search = new URLSearchParams({ session_id });
  const response = await fetch(address, { method: 'DELETE', headers: authorization() }).catch(() => null);
  return Boolean(response) && [204, 404, 409].includes(response.status);
}

async function ticket() {
  const response = await fetch(apiAddress('ticket'), { method: 'POST', headers: authorization() });
  if (response.status === 401) throw new SignInRefused();
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return (await response.json()).ticket;
}
