/** What a built file was made of, so that one can tell without Node whether it is up to date. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LICENCE_LINES = 40;

/** Writes, beside the result, `sources.sha256` (as `sha256sum` does, of files by their path in the repository) and the
 * licences of the packages that are in it.
 * @param {string} folder of the result
 * @param {string[]} sources files and folders, below `web/`
 * @param {Record<string, string>} licences file by package */
export function record(folder, sources, licences) {
  const lines = sources.flatMap((path) => files(join(ROOT, 'web', path))).sort().map((file) => {
    const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
    return `${digest}  ${relative(ROOT, file).split(sep).join('/')}\n`;
  });
  writeFileSync(join(folder, 'sources.sha256'), lines.join(''));
  const texts = Object.entries(licences).map(([name, file]) =>
    `==> ${name} <==\n${readFileSync(file, 'utf8').split('\n').slice(0, LICENCE_LINES).join('\n').trimEnd()}\n`);
  writeFileSync(join(folder, 'LICENSES.txt'), texts.join('\n'));
}

/** A plugin of Vite's that records, as `record` does. */
export function recorded(folder, sources, licences) {
  return { name: 'recorded', closeBundle: () => record(folder, sources, licences) };
}

function files(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => files(join(path, name)));
}
