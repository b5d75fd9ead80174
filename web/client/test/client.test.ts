import { afterEach, expect, test } from 'vitest';
import type { Answer, Question, Snapshot } from '../src/index.js';
import { PitcrewClient } from '../src/index.js';
import { ack, complete, memoryStorage, scripted, until, welcome, type Peer } from './scripted.js';

let running: Awaited<ReturnType<typeof scripted>> | undefined;
afterEach(() => running?.close());

const serve = async (...scripts: ((peer: Peer) => unknown)[]) => (running = await scripted(...scripts));
const answers = (snapshot: Snapshot) => snapshot.entries.filter((one): one is Answer => one.kind === 'answer');
const questions = (snapshot: Snapshot) => snapshot.entries.filter((one): one is Question => one.kind === 'question');
const done = (snapshot: Snapshot) => answers(snapshot).some(({ status }) => status === 'complete');

test('a question is asked and answered', async () => {
  const server = await serve(async (peer) => {
    await peer.signIn();
    const message = await peer.receive();
    peer.send(ack(message), { type: 'progress', run_id: 'r1', step: 'starting', message: 'Reading...' },
      { type: 'token', run_id: 'r1', offset: 0, token: 'Hel' }, { type: 'token', run_id: 'r1', offset: 3, token: 'lo' },
      complete('Hello!'), { type: 'done', request: message['request'] });
  });
  const client = server.client();
  client.connect();
  client.send('Hi');
  const snapshot = await until(client, done);
  expect(questions(snapshot)[0]).toMatchObject({ text: 'Hi', status: 'sent', messageId: 'm1' });
  expect(answers(snapshot)[0]).toMatchObject({ text: 'Hello!', status: 'complete', messageId: 'a-r1' });
  expect(server.peers[0]?.seen.map(({ type }) => type)).toEqual(['auth', 'message']);
  expect(server.peers[0]?.seen[0]).toMatchObject({ token: 'token', partial: false });
});

test('what was asked without a connection is held until the sign-in has succeeded', async () => {
  let signIn = () => undefined as void;
  const server = await serve(async (peer) => {
    await peer.receive();
    signIn = () => peer.send(welcome());
    const message = await peer.receive();
    peer.send(ack(message), complete('Hello!'));
  });
  const client = server.client();
  client.send('Hi');
  expect(questions(client.snapshot())[0]?.status).toBe('queued');
  client.connect();
  await expect.poll(() => server.peers[0]?.seen.length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.peers[0]?.seen.map(({ type }) => type)).toEqual(['auth']);
  signIn();
  await until(client, done);
});

test('a message whose acknowledgement was lost is sent again under the same name, and shown once', async () => {
  const server = await serve(
    async (peer) => {
      await peer.signIn();
      await peer.receive();
      peer.drop();
    },
    async (peer) => {
      await peer.signIn();
      await peer.receive();
      const message = await peer.receive();
      peer.send(ack(message, 1, { duplicate: true }), complete('Hello!'));
    },
  );
  const client = server.client();
  client.connect();
  client.send('Hi');
  const snapshot = await until(client, done);
  expect(questions(snapshot)).toHaveLength(1);
  const [first, second] = server.peers.map((peer) => peer.seen.find(({ type }) => type === 'message'));
  expect(second).toEqual(first);
});

test('after a lost connection the conversation goes on behind the last event', async () => {
  const server = await serve(
    async (peer) => {
      await peer.signIn();
      peer.send(ack(await peer.receive()), { type: 'routed', run_id: 'r1', agents: [], seq: 2 },
        { type: 'token', run_id: 'r1', offset: 0, token: 'It is' });
      setTimeout(() => peer.drop(), 20);
    },
    async (peer) => {
      await peer.signIn();
      const resume = await peer.receive();
      peer.send({ type: 'resumed', session_id: resume['session_id'], after: 2, head_seq: 2, epoch: 'e', active_run: 'r1' },
        { type: 'token', run_id: 'r1', offset: 0, token: 'It is 50' }, { type: 'token', run_id: 'r1', offset: 8, token: ' kg' },
        complete('It is 50 kg', 3));
    },
  );
  const client = server.client();
  client.connect();
  client.send('Hi');
  const snapshot = await until(client, done);
  expect(server.peers[1]?.seen[1]).toMatchObject({ type: 'resume', after: 2, epoch: 'e' });
  expect(answers(snapshot)).toHaveLength(1);
  expect(answers(snapshot)[0]?.text).toBe('It is 50 kg');
});

test('what was not sent survives a reload, and is not sent as somebody else', async () => {
  const storage = memoryStorage();
  const server = await serve(
    async (peer) => {
      await peer.signIn();
      peer.send(ack(await peer.receive()), complete('Hello!'));
    },
    (peer) => peer.signIn('ben'),
  );
  const before = server.client({ storage });
  before.send('Hi');
  before.dispose();
  const after = server.client({ storage });
  expect(questions(after.snapshot())[0]).toMatchObject({ text: 'Hi', status: 'queued' });
  expect(after.begun).toBe(true);
  after.connect();
  await until(after, done);
  after.disconnect();
  after.send('mine alone');
  after.signIn({ token: 'of ben' });
  const snapshot = await until(after, ({ user }) => user?.id === 'ben');
  expect(snapshot.entries).toEqual([]);
  expect(snapshot.sessionId).not.toBe(before.snapshot().sessionId);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.peers[1]?.seen.map(({ type }) => type)).toEqual(['auth']);
});

test('a fresh token is fetched for each connection, again where that failed, and when one ends', async () => {
  const server = await serve(
    async (peer) => {
      await peer.receive();
      peer.send({ type: 'auth_error', message: '', code: 'AUTH_EXPIRED' });
      peer.socket.close(4401);
    },
    async (peer) => {
      await peer.signIn();
      peer.send({ type: 'auth_expiring', in_s: 60 });
    },
  );
  let asked = 0;
  const token = () => {
    asked += 1;
    if (asked === 2) throw new Error('the page\'s server is away');
    return `t${asked}`;
  };
  const client = server.client({ credential: { token } });
  client.connect();
  await until(client, ({ connection }) => connection.name === 'ready');
  await expect.poll(() => server.peers[1]?.seen.map((frame) => frame['token'])).toEqual(['t3', 't4']);
});

test('a ticket stands in the address, and a new one is fetched before the sign-in ends', async () => {
  const script = (peer: Peer) => {
    peer.send(welcome());
    if (peer.url.includes('one')) peer.send({ type: 'auth_expiring', in_s: 60 });
  };
  const server = await serve(script, script);
  const tickets = ['one/1', 'two'];
  const client = server.client({ credential: { ticket: () => Promise.resolve(tickets.shift() ?? '') } });
  client.connect();
  await expect.poll(() => server.peers.map(({ url }) => url)).toEqual(['/ws/chat?ticket=one%2F1', '/ws/chat?ticket=two']);
  expect(server.peers[1]?.seen).toEqual([]);
});

test('where no token lasts, the server is not asked again and again', async () => {
  const server = await serve(async (peer) => {
    await peer.signIn();
    peer.send({ type: 'auth_expiring', in_s: 5 });
    for (;;) {
      await peer.receive();
      peer.send(welcome(), { type: 'auth_expiring', in_s: 5 });
    }
  });
  const client = server.client({ credential: { token: () => 'short' } });
  client.connect();
  await until(client, ({ connection }) => connection.name === 'ready');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(server.peers[0]?.seen.map(({ type }) => type)).toEqual(['auth', 'auth']);
});

test('a token of which the server wants to know nothing is not shown again', async () => {
  const server = await serve(async (peer) => {
    await peer.receive();
    peer.send({ type: 'auth_error', message: '', code: 'AUTH_INVALID' });
    peer.socket.close(4401);
  });
  const client = server.client();
  client.connect();
  const { connection } = await until(client, (snapshot) => snapshot.connection.name === 'refused');
  expect(connection).toEqual({ name: 'refused', code: 'AUTH_INVALID' });
  expect(server.peers).toHaveLength(1);
});

test('what the server cannot take now is sent again later; what it never takes is told', async () => {
  const server = await serve(async (peer) => {
    await peer.signIn();
    const [first] = [await peer.receive()];
    const refusal = { type: 'error', error: 'Wait', ref: 'x', request: first['request'] };
    peer.send({ ...refusal, code: 'RATE_LIMITED', retryable: true, retry_after_ms: 30 });
    expect(await peer.receive()).toEqual(first);
    peer.send({ ...refusal, code: 'MESSAGE_TOO_LONG', error: 'Too long', retryable: false });
    const second = await peer.receive();
    peer.send(ack(second), complete('Now it works'));
  });
  const client = server.client();
  client.connect();
  client.send('Hi');
  const refused = await until(client, (snapshot) => questions(snapshot)[0]?.status === 'refused');
  expect(questions(refused)[0]?.problem).toMatchObject({ code: 'MESSAGE_TOO_LONG', text: 'Too long', ref: 'x' });
  client.retry(questions(refused)[0] as Question);
  const snapshot = await until(client, done);
  expect(questions(snapshot)).toHaveLength(1);
});

test('a decision, a rating, a deletion and a wish for a person are repeated until they are obeyed', async () => {
  const server = await serve(
    async (peer) => {
      await peer.signIn();
      const message = await peer.receive();
      peer.send(ack(message), { type: 'input_required', run_id: 'r1', session_id: message['session_id'], request_id: 'q',
        kind: 'confirm', prompt: 'Book?', options: [{ value: true, label: 'Yes' }], proposal: {}, expires_at: '', seq: 2 });
      await peer.receive();
      await peer.receive();
      peer.drop();
    },
    async (peer) => {
      await peer.signIn();
      await peer.receive();
      for (let at = 0; at < 4; at += 1) {
        const frame = await peer.receive();
        if (frame.type === 'answer') peer.send(ack({ ...frame, session_id: client.snapshot().sessionId, message: 'Yes' }, 3, { run_id: 'r1' }));
        peer.send({ type: 'done', request: frame['request'] });
      }
      peer.send(complete('Booked', 4));
    },
  );
  const client = server.client();
  client.connect();
  client.send('Book it');
  const asking = await until(client, (snapshot) => answers(snapshot)[0]?.status === 'asking');
  client.decide(answers(asking)[0] as Answer, true);
  client.rate('a-1', 'down', 'wrong year');
  await until(client, ({ connection }) => connection.name === 'waiting');
  client.remove(questions(asking)[0] as Question);
  client.handOver('please');
  const snapshot = await until(client, done);
  expect(server.peers[1]?.seen.slice(2).map(({ type }) => type)).toEqual(['answer', 'feedback', 'delete', 'handover']);
  expect(snapshot.ratings['a-1']).toEqual({ rating: 'down', reason: 'wrong year' });
  expect(snapshot.entries.map(({ kind }) => kind)).toEqual(['question', 'answer', 'question', 'answer']);
  expect(answers(snapshot).map(({ status }) => status)).toEqual(['decided', 'complete']);
});

test('a stopping server is left alone as long as it asks for', async () => {
  const server = await serve(
    async (peer) => {
      await peer.signIn();
      peer.send({ type: 'closing', reconnect_after_ms: 300 });
      peer.socket.close(1001);
    },
    (peer) => peer.signIn(),
  );
  const client = server.client();
  client.connect();
  const { connection } = await until(client, (snapshot) => snapshot.connection.name === 'waiting');
  expect(connection.name === 'waiting' && connection.retryAt - Date.now()).toBeGreaterThan(200);
  await until(client, (snapshot) => snapshot.connection.name === 'ready');
});

test('a connection that hears nothing is given up', async () => {
  const server = await serve(
    async (peer) => { await peer.receive(); peer.send(welcome('anna', { heartbeat_s: 0.03 })); },
    (peer) => peer.signIn(),
  );
  const client = server.client();
  client.connect();
  await expect.poll(() => server.peers.length, { timeout: 5_000 }).toBe(2);
  expect(server.peers[0]?.seen.map(({ type }) => type)).toEqual(['auth', 'ping', 'ping']);
});

test('typing and reading are told in few frames', async () => {
  const server = await serve(async (peer) => {
    await peer.signIn();
    const message = await peer.receive();
    peer.send(ack(message), { type: 'owner', session_id: message['session_id'], owner: 'staff', state: 'staff', seq: 2,
      staff: { name: 'Ada' } });
  });
  const client = server.client();
  client.connect();
  client.send('Hi');
  await until(client, ({ owner }) => owner.state === 'staff');
  for (const text of ['M', 'My', 'My c', 'My car']) client.typing(text);
  client.read();
  client.read();
  const told = () => server.peers[0]?.seen.slice(2);
  const first = [
    expect.objectContaining({ type: 'typing', text: 'M' }), expect.objectContaining({ type: 'read', seq: 2, epoch: 'e' }),
  ];
  await expect.poll(told).toEqual(first);
  const last = expect.objectContaining({ type: 'typing', text: 'My car' });
  await expect.poll(told, { timeout: 4_000 }).toEqual([...first, last]);
  client.typing('');
  client.typing('');
  await expect.poll(told).toEqual([...first, last, expect.objectContaining({ type: 'typing', text: '' })]);
});

test('without a WebSocket the options say what to give', () => {
  expect(() => new PitcrewClient({ url: 'http://localhost', WebSocket: undefined as never })).toThrow(/option `WebSocket`/);
});

test('another conversation is begun on a socket of its own', async () => {
  const script = async (peer: Peer) => {
    await peer.signIn();
    peer.send(ack(await peer.receive()), complete('Hello!'));
  };
  const server = await serve(script, script);
  const client = server.client();
  client.connect();
  client.send('One');
  const first = await until(client, done);
  client.startOver();
  expect(client.snapshot().entries).toEqual([]);
  client.send('Two');
  const second = await until(client, done);
  expect(second.sessionId).not.toBe(first.sessionId);
  expect(questions(second).map(({ text }) => text)).toEqual(['Two']);
});
