/** What every part of the console needs. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Acts } from './acts.js';
import type { Desk, DeskState } from './desk.js';

export interface Surroundings {
  readonly desk: Desk;
  readonly acts: Acts;
  readonly state: DeskState;
  /** Milliseconds since 1970, brought up to date every few seconds. */
  readonly now: number;
  readonly show: (dialog: DialogName | null) => void;
}

export type DialogName = 'shortcuts' | 'canned';

export const Around = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const found = useContext(Around);
  if (!found) throw new Error('There is nothing around this part.');
  return found;
}
