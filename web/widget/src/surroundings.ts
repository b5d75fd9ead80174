/** What every part of the widget needs. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { PitcrewClient, Snapshot } from 'pitcrew-client';
import type { Language } from './messages.js';
import type { Settings } from './settings.js';

export interface Surroundings {
  readonly client: PitcrewClient;
  readonly snapshot: Snapshot;
  readonly language: Language;
  readonly settings: Settings;
  /** Fetches a file of the server's as the one who is signed in; null where nobody's token is known here. */
  readonly download: ((path: string) => Promise<void>) | null;
}

export const Around = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const found = useContext(Around);
  if (!found) throw new Error('There is nothing around this part.');
  return found;
}
