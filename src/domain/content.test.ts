/** Documents inside documents: what is sent is what was read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Claim, ContentBuilder } from './content.ts';

const CLAIM: Claim = { position: 'tool-arguments', trust: 'model', json: true };

function contentOf(document: string) {
  const body = { arguments: document };
  const builder = new ContentBuilder(body);
  builder.add(body, 'arguments', 'arguments', CLAIM);
  return { body, content: builder.build() };
}

/** `depth` documents around one with a key twice. */
function within(depth: number): string {
  let document = '{"x":"unread","x":"read"}';
  for (let count = 0; count < depth; count += 1) document = JSON.stringify({ a: document });
  return document;
}

for (const depth of [0, 1, 2, 3]) {
  test(`a key that stands twice, ${depth} documents deep: what nobody read is not sent`, () => {
    const { body, content } = contentOf(within(depth));
    assert.ok(content.isNormalised);
    assert.ok(!content.passages.some(({ text }) => text === 'unread'));
    assert.ok(content.passages.some(({ text }) => text === 'read'));
    assert.ok(!body.arguments.includes('unread'));
  });
}

test('documents that mean one thing keep their bytes', () => {
  const document = `{ "a" :  ${JSON.stringify('{ "b": [1, 2] }')} }`;
  const { body, content } = contentOf(document);
  assert.ok(!content.isNormalised);
  assert.equal(body.arguments, document);
});

test('an edit in one document and two meanings in another are both in what is sent', () => {
  const { body, content } = contentOf(
    JSON.stringify({ a: within(1), b: JSON.stringify({ c: 'old' }) }),
  );
  const at = content.passages.findIndex(({ text }) => text === 'old');
  content.rewrite(new Map([[at, 'new']]));
  assert.ok(!body.arguments.includes('unread') && !body.arguments.includes('old'));
  const outer = JSON.parse(body.arguments) as { b: string };
  assert.deepEqual(JSON.parse(outer.b), { c: 'new' });
});
