/** A scripted server of `/ws/chat`: its n-th connection follows the n-th script, the last one serves all further ones. */

import { WebSocketServer, WebSocket } from 'ws';
import type { AddressInfo } from 'node:net';
import { PitcrewClient, type Options, type Snapshot, type SocketClass } from '../src/index.js';

export type Frame = Record<string, unknown> & { type: string };

/** The server's end of one connection. */
export class Peer {
  readonly seen: Frame[] = [];
  #waiting: ((frame: Frame) => void)[] = [];
  #unread: Frame[] = [];

  constructor(readonly socket: WebSocket, readonly url: string) {
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Frame;
      this.seen.push(frame);
      const next = this.#waiting.shift();
      if (next) next(frame);
      else this.#unread.push(frame);
    });
  }

  receive(): Promise<Frame> {
    const frame = this.#unread.shift();
    return frame ? Promise.resolve(frame) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  send(...frames: Frame[]): void {
    for (const frame of frames) this.socket.send(JSON.stringify(frame));
  }

  /** Takes the sign-in and accepts it. */
  async signIn(user = 'anna', more: object = {}): Promise<Frame> {
    const frame = await this.receive();
    this.send(welcome(user, more));
    return frame;
  }

  drop(): void {
    this.socket.terminate();
  }
}

export const welcome = (user = 'anna', more: object = {}): Frame => ({
  type: 'auth_success', message: '', user: { id: user, email: '', name: user }, protocol: 1,
  limits: { message_chars: 8000, frame_bytes: 65536, messages_per_minute: 20 }, heartbeat_s: 20, features: [], ...more,
});

export const ack = (message: Frame, seq = 1, more: object = {}): Frame => ({
  type: 'ack', message_id: `m${seq}`, run_id: `r${seq}`, session_id: message['session_id'], message: message['message'],
  client_message_id: message['client_message_id'], sent_at: '2026-11-21T09:00:00Z', duplicate: false, epoch: 'e', seq, ...more,
});

export const complete = (response: string, seq = 2, run = 'r1'): Frame => ({
  type: 'complete', response, session_id: 's', run_id: run, message_id: `a-${run}`, seq,
  metadata: { context: { sources: [], citations: [] } },
});

type Script = (peer: Peer) => Promise<unknown> | unknown;

export async function scripted(...scripts: Script[]) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  const peers: Peer[] = [];
  server.on('connection', (socket, request) => {
    const peer = new Peer(socket, request.url ?? '');
    const script = scripts[Math.min(peers.length, scripts.length - 1)];
    peers.push(peer);
    void script?.(peer);
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clients: PitcrewClient[] = [];
  return {
    url, peers,
    client(options: Partial<Options> = {}): PitcrewClient {
      const made = new PitcrewClient({
        url, credential: { token: 'token' }, WebSocket: WebSocket as unknown as SocketClass, timezone: 'UTC', ...options,
      });
      clients.push(made);
      return made;
    },
    close(): void {
      for (const client of clients) client.dispose();
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** The first snapshot of which `holds` is true. */
export function until(client: PitcrewClient, holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never: ${JSON.stringify(client.snapshot())}`)), 8_000);
    const look = () => {
      if (!holds(client.snapshot())) return;
      clearTimeout(timer);
      stop();
      resolve(client.snapshot());
    };
    const stop = client.subscribe(look);
    queueMicrotask(look);
  });
}

export function memoryStorage() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => { kept.set(key, value); },
    removeItem: (key: string) => { kept.delete(key); },
  };
}
