/** EXE-02: text is never code: code generation is off, and nothing needs it. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

test('EXE-02: this suite runs with --disallow-code-generation-from-strings', () => {
  assert.ok(process.execArgv.includes('--disallow-code-generation-from-strings'));
  // Through a variable, so that no linter and no bundler takes it for an intended use.
  const make: unknown = Reflect.get(globalThis, 'Function');
  assert.ok(typeof make === 'function');
  assert.throws(() => Reflect.construct(make, ['return 1']), EvalError);
});

test('EXE-02: no template engine, no eval, no vm in the gateway', () => {
  const root = join(import.meta.dirname, '..', '..');
  for (const file of globSync('src/**/*.ts', { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8');
    assert.ok(!/['"]node:vm['"]|\bnew Function\(|(?<![\w.])eval\(/u.test(text), file);
  }
});

const PRODUCT = String(86_028_121 * 3);

test('EXE-02: expressions in prompts come back as they went', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const headers = bearer(await house.key());
    for (const text of [
      '{{86028121*3}}',
      '${86028121*3}',
      '<%= 86028121*3 %>',
      '#{86028121*3}',
      '{%print(86028121*3)%}',
      '__proto__',
      'constructor.constructor("x")()',
    ]) {
      const answer = await post(`${house.url}/v1/chat/completions`, chat(text), headers);
      assert.equal(answer.status, 200);
      assert.ok(
        answer.json['choices'] !== undefined &&
          answer.text.includes(JSON.stringify(text).slice(1, -1)),
        text,
      );
      // Long enough that no id and no time of day has it by chance, as they had 49.
      assert.ok(!answer.text.includes(PRODUCT));
    }
  } finally {
    await house.close();
  }
});
