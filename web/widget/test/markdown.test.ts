// @vitest-environment jsdom
import { expect, test } from 'vitest';
import { choicesIn, markdown, renewed } from '../src/markdown.js';

const words = { source: (number: number) => (number < 3 ? `Source ${number}` : null), calendar: 'Add to calendar' };
function html(text: string): string {
  const place = document.createElement('div');
  place.append(markdown(text, words));
  return place.innerHTML;
}

test('text, lists, tables, code', () => {
  expect(html('**a** _b_\nc')).toBe('<p><strong>a</strong> <em>b</em><br>c</p>\n');
  expect(html('# A')).toContain('<h3>A</h3>');
  expect(html('| a |\n|---|\n| 1 |')).toContain('<div class="table" tabindex="0" role="group"><table>');
  expect(html('3. x\n4. y')).toContain('<ol start="3">');
});

test('HTML is shown as it was written, pictures are their words', () => {
  expect(html('<img src=x onerror=y> <b>z</b>')).toBe('<p>&lt;img src=x onerror=y&gt; &lt;b&gt;z&lt;/b&gt;</p>\n');
  expect(html('![words](https://example.com/x.png)')).toBe('<p>words</p>\n');
});

test('links lead elsewhere, and nowhere else', () => {
  expect(html('[a](https://example.com)')).toContain('target="_blank"');
  expect(html('[a](javascript:alert(1))')).not.toContain('href');
});

test('markers of sources that there are become buttons', () => {
  const place = document.createElement('div');
  place.append(markdown('x [1][2], [3] `[1]`', words));
  const buttons = [...place.querySelectorAll('button')];
  expect(buttons.map((button) => [button.textContent, button.dataset['source'], button.getAttribute('aria-label')])).toEqual(
    [['1', '1', 'Source 1'], ['2', '2', 'Source 2']]);
  expect(place.textContent).toBe('x 12, [3] [1]\n');
});

test.each([
  ['/api/v1/appointments/12345678-90ab-4cde-8f01-234567890abc.ics', 1],
  ['See (/api/v1/appointments/12345678-90ab-4cde-8f01-234567890abc.ics).', 1],
  ['https://evil.example/api/v1/appointments/12345678-90ab-4cde-8f01-234567890abc.ics', 0],
  ['/api/v1/appointments/12345678-90ab-4cde-8f01-234567890abc.ics?x=1', 0],
  ['/x/api/v1/appointments/12345678-90ab-4cde-8f01-234567890abc.ics', 0],
])('%s has %i calendar files', (text, count) => {
  const place = document.createElement('div');
  place.append(markdown(text, words));
  expect(place.querySelectorAll('[data-calendar]')).toHaveLength(count);
});

test('what stands there already is left alone', () => {
  const place = document.createElement('div');
  renewed(place, markdown('one\n\ntwo', words));
  const first = place.firstChild;
  renewed(place, markdown('one\n\ntwo and more', words));
  expect(place.firstChild).toBe(first);
  expect(place.textContent).toBe('one\ntwo and more\n');
  renewed(place, markdown('other', words));
  expect(place.textContent).toBe('other\n');
});

test('the choices of a text', () => {
  expect(choicesIn('Times [1]:\n\n1. **Monday** at 9 [1]\n2. Tuesday\n\nWhich one?')).toEqual(['Monday at 9', 'Tuesday']);
  expect(choicesIn('- a\n- b')).toEqual([]);
});

test('long text of any mark is read in time', () => {
  for (const mark of ['*', '**', '`', '[', '![', '> ', '- ', '|', '<', '&', '[1]', '_a']) {
    const began = performance.now();
    markdown(mark.repeat(16_000 / mark.length), words);
    expect([mark, performance.now() - began < 3_000]).toEqual([mark, true]);
  }
});
