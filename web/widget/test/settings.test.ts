// @vitest-environment jsdom
import { afterEach, expect, test, vi } from 'vitest';
import { settingsOf } from '../src/settings.js';

afterEach(() => vi.unstubAllGlobals());

function line(attributes: Record<string, string>, src = 'https://chat.example.com/widget.js'): HTMLScriptElement {
  const script = document.createElement('script');
  script.src = src;
  for (const [name, value] of Object.entries(attributes)) script.setAttribute(`data-${name}`, value);
  return script;
}

test('the server is where the script comes from, or where the page says', () => {
  expect(settingsOf(line({})).server).toBe('https://chat.example.com');
  expect(settingsOf(line({}, 'https://example.com/help/widget.js')).server).toBe('https://example.com/help');
  expect(settingsOf(line({ server: 'https://other.example/' })).server).toBe('https://other.example');
});

test('nonsense is the default', () => {
  const settings = settingsOf(line({ theme: 'pink', side: 'top', suggestions: ' a | |b|' }));
  expect(settings).toMatchObject({ theme: 'auto', side: 'end', suggestions: ['a', 'b'], open: false, launcher: true });
});

test('who signs in, and how', async () => {
  expect(settingsOf(line({})).credential).toBeNull();
  expect(settingsOf(line({ token: 't' })).credential).toEqual({ token: 't' });
  const asked: unknown[] = [];
  vi.stubGlobal('fetch', (...call: unknown[]) => {
    asked.push(call);
    return Promise.resolve(new Response(JSON.stringify({ ticket: 'x', token: 'y' })));
  });
  const byTicket = settingsOf(line({ 'ticket-url': '/ticket' })).credential;
  expect(byTicket && 'ticket' in byTicket && await byTicket.ticket()).toBe('x');
  const local = settingsOf(line({}, 'http://localhost:8000/widget.js')).credential;
  expect(local && 'token' in local && typeof local.token === 'function' && await local.token()).toBe('y');
  expect(asked).toEqual([
    ['/ticket', { credentials: 'same-origin', cache: 'no-store' }],
    ['http://localhost:8000/ws/test/token', { credentials: 'omit', cache: 'no-store' }],
  ]);
});

test('a page\'s server that gives none is an error', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 200 })));
  const credential = settingsOf(line({ 'token-url': '/token' })).credential;
  await expect(credential && 'token' in credential && typeof credential.token === 'function' && credential.token()).rejects.toThrow('/token');
});
