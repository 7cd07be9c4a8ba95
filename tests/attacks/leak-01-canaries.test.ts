/** LEAK-01: a secret and a prompt in every slot; they are in no log, metric, error or record. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { BASE, bearer, chat, get, openHouse, post } from '../support/house.ts';
import { json, openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

const PROMPT = 'canary-prompt-7c1f';
const ANSWER = 'canary-answer-9d2e';

function filesBelow(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

test('LEAK-01: prompts, answers, keys and provider secrets appear nowhere but where they belong', async () => {
  const upstream = await openUpstream((seen, response) => {
    const kind = seen.body.includes('fail-html')
      ? 'html'
      : seen.body.includes('fail-500')
        ? 'error'
        : 'fine';
    if (kind === 'html') {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(`<p>${ANSWER}</p>`);
    } else if (kind === 'error')
      json(response, 500, { error: { message: `${ANSWER} ${seen.body}` } });
    else if (seen.body.includes('fail-json')) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"oops": "${ANSWER}`);
    } else
      json(response, 400, {
        error: { message: `${ANSWER} ${seen.headers.authorization}`, code: ANSWER },
      });
  });
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  const answers: string[] = [];
  try {
    const key = await house.key();
    const secret = key.slice('llmp_live_xxxxxxxxxxxx_'.length);
    const url = `${house.url}/v1/chat/completions`;
    const ask = async (body: unknown, headers = bearer(key)): Promise<void> => {
      const answer = await post(url, body, headers);
      answers.push(JSON.stringify([...answer.headers]) + answer.text);
    };
    for (const kind of ['fail-html', 'fail-500', 'fail-json', 'fail-400']) {
      await ask(chat(`${PROMPT} ${kind}`));
      await ask(chat(`${PROMPT} ${kind}`, { stream: true }));
    }
    await ask(`{"model":"demo","messages":[{"role":"user","content":"${PROMPT}"`);
    await ask(`{"${PROMPT}": 1, "${PROMPT}": 2}`);
    await ask({ model: PROMPT, messages: [{ role: PROMPT, content: PROMPT }] });
    await ask({ model: 'demo', messages: [{ role: 'user', content: [{ type: PROMPT }] }] });
    await ask(chat(PROMPT), { authorization: `Bearer ${PROMPT}` });
    await ask(chat(PROMPT), bearer(`${key}x`));
    await get(`${house.url}/v1/models/${PROMPT}`, bearer(key));
    await get(`${house.url}/${PROMPT}`, bearer(key));
    await house.records();
    const metrics = (await get(`${house.adminUrl}/metrics`)).text;

    const canaries = {
      prompt: PROMPT,
      answer: ANSWER,
      secret,
      provider: UPSTREAM_ENV.UPSTREAM_KEY,
    };
    const places: Record<string, string> = {
      log: house.log(),
      metrics,
      answers: answers.join('\n'),
    };
    for (const file of filesBelow(join(house.dir, 'data')))
      places[file] = readFileSync(file, 'latin1');
    assert.ok(Object.keys(places).length > 5);
    for (const [place, text] of Object.entries(places)) {
      for (const [what, canary] of Object.entries(canaries)) {
        assert.ok(!text.includes(canary), `the ${what} is in ${place}`);
      }
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});
