/** What the playground sends and reads, held against the gateway's own dialects; and the code that it shows. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { samplesOf } from '../web/src/playground/code-samples.ts';
import { AnswerReader, bodyOf, DIALECTS, type Prompt } from '../web/src/playground/wire.ts';
import { BASE, bearer, DEMO, type House, openHouse } from './support/house.ts';

const run = promisify(execFile);

const PATHS: Readonly<Record<string, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};

let house: House;
let key = '';
before(async () => {
  house = await openHouse(`${DEMO}
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
${BASE}`);
  key = await house.key({});
});
after(async () => {
  await house.close();
});

const promptOf = (changed: Partial<Prompt>): Prompt => ({
  dialect: 'openai-chat',
  model: 'demo',
  system: 'Be short.',
  text: `It's "me" & $you`,
  isStream: false,
  ...changed,
});

for (const [dialect] of DIALECTS) {
  for (const isStream of [false, true]) {
    test(`${dialect}, ${isStream ? 'streamed' : 'whole'}: the answer is read, and a refusal`, async () => {
      for (const text of [`It's "me" & $you`, 'about project falcon']) {
        const prompt = promptOf({ dialect, isStream, text });
        const response = await fetch(`${house.url}${PATHS[dialect] ?? ''}`, {
          method: 'POST',
          headers: {
            ...bearer(key),
            'content-type': 'application/json',
            'anthropic-version': '2023-06-01',
          },
          body: JSON.stringify(bodyOf(prompt)),
        });
        const said = await response.text();
        const reader = new AnswerReader(response.headers.get('content-type') ?? '');
        // In pieces, as it comes.
        for (let at = 0; at < said.length; at += 7) reader.push(said.slice(at, at + 7));
        const read = reader.read();
        if (text.includes('falcon')) {
          assert.equal(response.status, 400);
          assert.match(read.error ?? '', /blocked by policy/u);
          assert.equal(read.text, '');
        } else {
          assert.equal(response.status, 200, said);
          assert.ok(read.text.includes(text), read.text);
          assert.equal(read.error, null);
        }
      }
    });
  }
}

test('the curl line works as it stands, whatever the prompt, and no sample holds a key', async () => {
  for (const text of [`It's "me" & $you`, '`id` $(id) \\', 'two\nlines — ünicode']) {
    for (const [dialect] of DIALECTS) {
      const samples = samplesOf(promptOf({ dialect, text }), house.url);
      assert.ok(samples.length >= 5);
      const curl = samples.find(({ name }) => name === 'curl')?.text ?? '';
      const env = { ...process.env, LLMPROXY_KEY: key };
      const { stdout: answer } = await run('sh', ['-c', curl], { env });
      assert.match(answer, /You said|usage/u);
      const reader = new AnswerReader('application/json');
      reader.push(answer);
      assert.ok(reader.read().text.includes(text), answer);
      for (const sample of samples) assert.ok(!sample.text.includes(key), sample.name);
    }
  }
});

test('a prompt stands in the samples as one string, which ends where it ends', () => {
  const text = 'a "quote", a \\ and\na line';
  const samples = samplesOf(promptOf({ text }), house.url);
  for (const { name, text: code } of samples.slice(0, 3)) {
    assert.ok(code.includes(JSON.stringify(text)), name);
    assert.ok(code.includes('LLMPROXY_KEY'), name);
  }
});
