/**
 * BUD-04: `kill -9` in the middle of calls, round after round. The budget is never exceeded, each call that
 * was admitted is in the ledger once, nothing is held after the next start, and nobody is refused for it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { readRecords } from '#audit/read.ts';
import { systemClock } from '#stdx/clock.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';

import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { bearer, chat, TENANT } from '../support/house.ts';
import { costOf, moneyYaml } from '../support/money.ts';
import { IS_FULL } from '../support/streams.ts';
import {
  chunk,
  completion,
  json,
  openUpstream,
  type Script,
  sse,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

const ROUNDS = IS_FULL ? 50 : 8;
const CALLERS = 16;
const ANSWERS_A_ROUND = 40;
const LIMIT_NANO = 50_000_000;
const YAML = 'budgets: [{ name: b, usd: 0.05 }]\nserver: { listen: "127.0.0.1:0" }';
const [INPUT, OUTPUT] = [20, 60];

/** Streams say what they used at their end, whole answers at once. */
const script: Script = async (seen, response) => {
  const usage = { prompt_tokens: INPUT, completion_tokens: OUTPUT, total_tokens: INPUT + OUTPUT };
  if (seen.json['stream'] !== true) {
    await delay(3);
    json(response, 200, completion('fine', { usage }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let event = 0; event < 6 && !response.destroyed; event += 1) {
    response.write(chunk('word '));
    await delay(3);
  }
  const end = {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [],
    usage,
  };
  response.end(chunk('', 'stop') + sse(end) + sse('[DONE]'));
};

/** Statuses of the answers that came whole, until the process is killed or the budget is used up. */
async function callUntilKilled(gateway: GatewayProcess, key: string): Promise<number[]> {
  const statuses: number[] = [];
  let isOver = false;
  const caller = async (at: number): Promise<void> => {
    while (!isOver) {
      const body = chat('hello', { max_tokens: 100, stream: at % 2 === 0 });
      try {
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...bearer(key) },
          body: JSON.stringify(body),
        });
        await response.text();
        statuses.push(response.status);
      } catch {
        // The kill cuts connections.
        assert.ok(isOver, 'only the kill cuts connections');
      }
      if (!isOver && statuses.length >= ANSWERS_A_ROUND) {
        isOver = true;
        gateway.kill('SIGKILL');
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, at) => caller(at)));
  await gateway.exited;
  return statuses;
}

test('BUD-04: after every kill the ledger has each call once, nothing is held, and the limit holds', async (t) => {
  const upstream = await openUpstream(script);
  const folder = new GatewayFolder(moneyYaml(upstream, YAML), UPSTREAM_ENV);
  try {
    const { key } = folder.key(TENANT);
    let answered = 0;
    let refused = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const gateway = await folder.start();
      for (const status of await callUntilKilled(gateway, key)) {
        if (status === 200) answered += 1;
        else if (status === 429) refused += 1;
        else assert.fail(`an answer of ${status}`);
      }
    }
    const last = await folder.start();
    const metrics = await (await fetch(`${last.adminUrl}/metrics`)).text();
    assert.match(metrics, /^llmproxy_reservations_open 0$/mu);
    last.kill('SIGTERM');
    assert.equal((await last.exited).code, 0);

    const storage = await openSqlite(join(folder.dir, 'data'), systemClock);
    const query = { fromMs: 0, toMs: 4e12, stepMs: 4e12, tenant: null };
    const rows = await storage.ledger.usage(query, 0);
    await storage.close();
    const sum = (of: (row: (typeof rows)[number]) => number) =>
      rows.reduce((total, row) => total + of(row), 0);
    const spent = sum(({ costNanoUsd }) => costNanoUsd);
    let admitted = 0;
    for await (const { record } of readRecords(folder.auditDir)) {
      if (record.kind === 'admit') admitted += 1;
    }
    t.diagnostic(
      `${answered} answered and ${refused} refused in ${ROUNDS} kills; ${admitted} admitted; ${spent} of ${LIMIT_NANO} spent`,
    );
    assert.equal(
      sum(({ requests }) => requests),
      admitted,
      'one line for each that was admitted',
    );
    assert.ok(spent <= LIMIT_NANO, 'the budget holds');
    assert.ok(spent >= answered * costOf(INPUT, OUTPUT), 'what was answered is paid for');
    // Until it was nearly used up nobody was refused: what the killed had held did not stay.
    const ceiling = costOf(400, 100);
    assert.ok(refused === 0 || spent > LIMIT_NANO - (CALLERS + 1) * ceiling, `${refused} refused`);
  } finally {
    folder.remove();
    await upstream.close();
  }
});
