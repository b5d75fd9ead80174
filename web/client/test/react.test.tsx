// @vitest-environment jsdom
import { createElement } from 'react';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { usePitcrew } from '../src/react.js';
import type { SocketClass } from '../src/index.js';
import { ack, complete, scripted } from './scripted.js';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
let running: Awaited<ReturnType<typeof scripted>> | undefined;
afterEach(() => running?.close());

test('the hook renders the conversation, and disconnects with its component', async () => {
  running = await scripted(async (peer) => {
    await peer.signIn();
    peer.send(ack(await peer.receive()), complete('Hello!'));
  });
  const { url } = running;
  function Chat() {
    const { snapshot, client } = usePitcrew({ url, credential: { token: 't' }, WebSocket: WebSocket as unknown as SocketClass });
    const said = snapshot.entries.map((entry) => ('text' in entry ? entry.text : '')).join(' ');
    return createElement('button', { onClick: () => client.send('Hi') }, said);
  }
  const place = document.createElement('div');
  const root = createRoot(place);
  await act(async () => root.render(createElement(Chat)));
  const button = place.querySelector('button') as HTMLButtonElement;
  document.body.append(place);
  await act(async () => button.click());
  await act(() => expect.poll(() => button.textContent).toBe('Hi Hello!'));
  await act(async () => root.unmount());
  await expect.poll(() => running?.peers[0]?.socket.readyState).toBe(3);
});
