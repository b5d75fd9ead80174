/** Pitcrew for React: `usePitcrew`. */

import { useEffect, useState, useSyncExternalStore } from 'react';
import { PitcrewClient, type Options, type Snapshot } from './client.js';

/** A conversation that lives as long as the component: connected while it is mounted.
 *
 * `options` count when the component is first rendered; to change who is signed in, call `client.signIn`. Give a client
 * of your own instead to share one conversation between components: it is then yours to connect and to dispose. */
export function usePitcrew(options: Options | PitcrewClient): { snapshot: Snapshot; client: PitcrewClient } {
  const shared = options instanceof PitcrewClient;
  const [client] = useState(() => (options instanceof PitcrewClient ? options : new PitcrewClient(options)));
  useEffect(() => {
    if (shared) return undefined;
    client.connect();
    return () => client.disconnect();
  }, [client, shared]);
  const snapshot = useSyncExternalStore(client.subscribe, client.snapshot, client.snapshot);
  return { snapshot, client };
}
