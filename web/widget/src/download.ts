/** Files of the server's, such as an appointment for the calendar. */

import type { Settings } from './settings.js';

/** How long a file that was handed to the browser stays readable: some begin to save it only a moment later. */
const KEPT_MS = 60_000;

/** Fetches a file and hands it to the browser; null where the page shows tickets, which open sockets alone. */
export function downloader({ server, credential }: Settings): ((path: string) => Promise<void>) | null {
  if (!credential || !('token' in credential)) return null;
  const { token } = credential;
  return async (path) => {
    const shown = typeof token === 'string' ? token : await token();
    const response = await fetch(server + path, { headers: { Authorization: `Bearer ${shown}` }, cache: 'no-store' });
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    save(await response.blob(), path.slice(path.lastIndexOf('/') + 1));
  };
}

function save(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
