/** Makes `src/frames.ts` of `frames.schema.json`: `npm run types`. */

import { readFile, writeFile } from 'node:fs/promises';
import { compile } from 'json-schema-to-typescript';

const HEAD = '/** The frames of `/ws/chat`, made from the schema that the server publishes: `npm run types`. */\n';

/** @returns {Promise<string>} the module */
export async function frameTypes() {
  const schema = JSON.parse(await readFile(new URL('frames.schema.json', import.meta.url), 'utf8'));
  const made = await compile(schema, 'Frames', {
    additionalProperties: false, bannerComment: '', unreachableDefinitions: true,
    style: { singleQuote: true, printWidth: 120 },
  });
  return HEAD + made.replace(/\/\*\*\n \* The frames of \/ws\/chat\.\n \*\/\nexport interface Frames \{\}\n/, '')
    .replace(/^ \* This interface was referenced by `Frames`'s JSON-Schema\n \* via the `definition` ".*"\.\n/gm, '')
    .replace(/^ \*\n(?= \*\/)/gm, '');
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  await writeFile(new URL('src/frames.ts', import.meta.url), await frameTypes());
