import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { frameTypes } from '../frame_types.mjs';

test('the types of the frames are those of the schema: npm run types', async () => {
  expect(await readFile(new URL('../src/frames.ts', import.meta.url), 'utf8')).toBe(await frameTypes());
});
