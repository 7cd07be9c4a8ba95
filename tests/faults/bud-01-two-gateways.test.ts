/**
 * BUD-01: two gateways in processes of their own, 64 clients, one budget in Valkey and one ledger in
 * PostgreSQL; each gateway is killed with -9 in between and started again. What is spent is never more
 * than the limit, and each call that was answered has its line.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { readRecords } from '#audit/read.ts';
import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { bearer, chat, TENANT } from '../support/house.ts';
import { costOf, moneyYaml } from '../support/money.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { openTestValkey } from '../support/valkey.ts';
import { completion, json, openUpstream, type Script, UPSTREAM_ENV } from '../support/upstream.ts';

const CLIENTS = 64;
const LIMIT_NANO = 40_000_000;
const KILLS = 4;
const OUTPUT_MAX = 100;

const postgres = await openTestPostgres();
const valkey = await openTestValkey();
after(async () => {
  await valkey.close();
  await postgres.close();
});

const script: Script = async (_seen, response) => {
  await delay(5);
  const usage = { prompt_tokens: 20, completion_tokens: OUTPUT_MAX, total_tokens: 20 + OUTPUT_MAX };
  json(response, 200, completion('fine', { usage }));
};

interface Side {
  readonly folder: GatewayFolder;
  readonly key: string;
  gateway: GatewayProcess;
}

class Clients {
  answered = 0;
  refused = 0;
  isOver = false;
  readonly #sides: readonly Side[];

  constructor(sides: readonly Side[]) {
    this.#sides = sides;
  }

  async run(at: number): Promise<void> {
    while (!this.isOver) {
      const side = this.#sides[at % this.#sides.length];
      if (side === undefined) return;
      try {
        const response = await fetch(`${side.gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...bearer(side.key) },
          body: JSON.stringify(chat('hello', { max_tokens: OUTPUT_MAX })),
        });
        await response.text();
        if (response.status === 200) this.answered += 1;
        else if (response.status === 429) this.refused += 1;
        // 503: the store begins a new life of the gateway, or is asked too slowly.
        else assert.equal(response.status, 503);
        if (response.status !== 200) await delay(20);
      } catch (thrown) {
        if (thrown instanceof assert.AssertionError) throw thrown;
        // The kill cuts connections; until the next one serves there is nobody.
        await delay(20);
      }
    }
  }
}

interface Raced {
  readonly answered: number;
  readonly refused: number;
  /** By the ledger, after both gateways have stopped. */
  readonly spent: number;
  readonly calls: number;
  /** The most that one call has held. */
  readonly heldMost: number;
}

async function startedSides(folders: readonly GatewayFolder[]): Promise<Side[]> {
  const sides: Side[] = [];
  for (const folder of folders) {
    const { key } = folder.key(TENANT);
    sides.push({ folder, key, gateway: await folder.start() });
  }
  return sides;
}

async function killTimes(kills: number, sides: readonly Side[]): Promise<void> {
  for (let kill = 0; kill < kills; kill += 1) {
    await delay(600);
    const side = sides[kill % sides.length];
    assert.ok(side !== undefined);
    side.gateway.kill('SIGKILL');
    await side.gateway.exited;
    side.gateway = await side.folder.start();
  }
}

/** Until nobody is answered any more: what was held is back, and nothing fits. */
async function comeToRest(clients: Clients): Promise<void> {
  let answered = -1;
  for (let turn = 0; turn < 60 && clients.answered > answered; turn += 1) {
    ({ answered } = clients);
    await delay(1_500);
  }
  clients.isOver = true;
}

async function heldMostOf(folders: readonly GatewayFolder[]): Promise<number> {
  let most = 0;
  for (const { auditDir } of folders) {
    for await (const { record } of readRecords(auditDir)) {
      most = Math.max(most, record.reservation?.estimateNanoUsd ?? 0);
    }
  }
  return most;
}

async function race(namespace: string, kills: number): Promise<Raced> {
  const upstream = await openUpstream(script);
  const url = await postgres.database();
  const stores = `counters: { type: valkey, url: "${valkey.address}", password: "\${env:COUNTERS_PASSWORD}", namespace: ${namespace}, deadline: 2s }
ledger: { type: postgres, url: "\${env:LEDGER_URL}" }
budgets: [{ name: b, per: [tenant], usd: ${LIMIT_NANO / 1e9}, period: year }]
server: { listen: "127.0.0.1:0" }`;
  const env = { ...UPSTREAM_ENV, COUNTERS_PASSWORD: valkey.password, LEDGER_URL: url };
  const folders = [0, 1].map(() => new GatewayFolder(moneyYaml(upstream, stores), env));
  try {
    const sides = await startedSides(folders);
    const clients = new Clients(sides);
    const running = Promise.all(Array.from({ length: CLIENTS }, (_, at) => clients.run(at)));
    await killTimes(kills, sides);
    await comeToRest(clients);
    await running;
    for (const { gateway } of sides) {
      gateway.kill('SIGTERM');
      assert.equal((await gateway.exited).code, 0);
    }
    const link = await openPostgres(url, { connectionsMax: 1, statementMs: 10_000 });
    const { ledger } = await openPostgresLedger(link);
    const all = { fromMs: 0, toMs: 4e12, where: { tenant: TENANT }, models: null };
    const [spent, calls] = [await ledger.spent(all), await ledger.calls(all)];
    await link.close();
    const { answered, refused } = clients;
    return { answered, refused, spent, calls, heldMost: await heldMostOf(folders) };
  } finally {
    for (const folder of folders) folder.remove();
    await upstream.close();
  }
}

test('BUD-01: whatever is killed, the budget of both is one, and nothing of it is lost', async (t) => {
  const { answered, refused, spent, calls } = await race('bud01', KILLS);
  t.diagnostic(
    `${answered} answered, ${refused} refused, ${KILLS} kills; ${calls} calls in the ledger, ${spent} of ${LIMIT_NANO} spent`,
  );
  assert.ok(refused > 0, 'the budget was used up');
  assert.ok(spent <= LIMIT_NANO, 'never more than the limit');
  // What a call had held that was killed before it was admitted comes back with its lease, in 90 s.
  assert.ok(spent > LIMIT_NANO / 2, 'nor is it locked by what was killed');
  assert.ok(calls >= answered, 'each answer has a line');
});

test('BUD-01: what is not spent because calls hold more than they cost is less than one of them holds', async (t) => {
  const { answered, refused, spent, calls, heldMost } = await race('bud01rest', 0);
  t.diagnostic(
    `${answered} answered, ${refused} refused; ${LIMIT_NANO - spent} of ${LIMIT_NANO} are left, a call holds ${heldMost}`,
  );
  assert.ok(refused > 0, 'the budget was used up');
  assert.ok(spent <= LIMIT_NANO, 'never more than the limit');
  assert.equal(
    spent,
    answered * costOf(20, OUTPUT_MAX),
    'each answer is paid for, and nothing else',
  );
  assert.ok(calls >= answered);
  assert.ok(heldMost > costOf(20, OUTPUT_MAX), 'there was something that could stay unspent');
  assert.ok(LIMIT_NANO - spent < heldMost, 'another call would fit');
});
