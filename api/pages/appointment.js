/**
 * The path of an appointment's calendar file in a text becomes a button that fetches it. The path is one of this very
 * server, and needs the sign-in: so it is no link.
 */

import { button, element } from './element.js';

const FILE_NAME = 'appointment.ics';
const MEDIA_TYPE = 'text/calendar';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** The path as a word of its own: not as the end of another address, nor with anything but punctuation behind it. */
const PATH = new RegExp(`(?<![^\\s("'])(/api/v1/appointments/${UUID}\\.ics)(?=[.,;:!?)"']*(?:\\s|$))`);
/** How long a file that was handed to the browser stays readable: some begin to save it only a moment later. */
const KEPT_MS = 60_000;
const REFUSED = {
  401: 'The sign-in is not valid any more: sign in again.',
  403: 'This sign-in may not read it.',
  404: 'There is no such appointment of yours.',
};

/**
 * @param {string} text
 * @param {() => string} token of the sign-in, empty where there is none
 * @returns {Node[]} the text as text nodes, with a button for each path in it
 */
export function withAppointments(text, token) {
  return text.split(PATH).map((piece, index) => (
    index % 2 ? calendarButton(piece, token) : document.createTextNode(piece)));
}

/** The text as it is read out: an address means nothing to the ear. @param {string} text */
export function spoken(text) {
  return text.split(PATH).map((piece, index) => (index % 2 ? 'use the button “Add to calendar”' : piece)).join('');
}

function calendarButton(path, token) {
  const outcome = element('span', 'hint');
  outcome.setAttribute('role', 'status');
  let fetching = false;
  const press = async () => {
    if (fetching) return;
    fetching = true;
    outcome.textContent = 'Fetching …';
    try {
      save(await calendar(path, token()));
      outcome.textContent = `Saved as ${FILE_NAME}.`;
    } catch (error) {
      outcome.textContent = error.message;
    } finally {
      fetching = false;
    }
  };
  const node = button('', 'Add to calendar', press);
  node.title = path;
  return element('span', 'calendar', node, outcome);
}

/** The file. Throws an Error with words for a person. */
async function calendar(path, token) {
  if (!token) throw new Error('Sign in first.');
  const options = { headers: { Authorization: `Bearer ${token}` }, cache: 'no-store', redirect: 'error' };
  const response = await fetch(path, options).catch(() => {
    throw new Error('The server cannot be reached. Try again in a moment.');
  });
  if (!response.ok)
    throw new Error(REFUSED[response.status] ?? `The server answered ${response.status}. Try again in a moment.`);
  if (!response.headers.get('Content-Type')?.startsWith(MEDIA_TYPE)) throw new Error('The server sent no calendar file.');
  return response.blob().catch(() => {
    throw new Error('The file broke off. Try again in a moment.');
  });
}

/** Hands a file to the browser as a download. */
function save(file) {
  const link = element('a');
  link.href = URL.createObjectURL(new Blob([file], { type: MEDIA_TYPE }));
  link.download = FILE_NAME;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
