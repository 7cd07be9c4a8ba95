/**
 * BUD-01: two gateways in processes of their own, 64 clients, one budget in Valkey and one ledger in
 * PostgreSQL; each gateway is killed with -9 in between and started again. What is spent is never more
 * than the limit, and each call that was answered has its line.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { openPostgresLedger } from '#storage/postgres/ledger.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { bearer, chat, TENANT } from '../support/house.ts';
import { moneyYaml } from '../support/money.ts';
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

test('BUD-01: whatever is killed, the budget of both is one, and nothing of it is lost', async (t) => {
  const upstream = await openUpstream(script);
  const url = await postgres.database();
  const stores = `counters: { type: valkey, url: "${valkey.url.replace(/:[^:@/]+@/u, '')}", password: "\${env:COUNTERS_PASSWORD}", namespace: bud01, deadline: 2s }
ledger: { type: postgres, url: "\${env:LEDGER_URL}" }
budgets: [{ name: b, per: [tenant], usd: ${LIMIT_NANO / 1e9}, period: year }]
server: { listen: "127.0.0.1:0" }`;
  const env = { ...UPSTREAM_ENV, COUNTERS_PASSWORD: valkey.password, LEDGER_URL: url };
  const folders = [0, 1].map(() => new GatewayFolder(moneyYaml(upstream, stores), env));
  try {
    const sides: Side[] = [];
    for (const folder of folders) {
      const { key } = folder.key(TENANT);
      sides.push({ folder, key, gateway: await folder.start() });
    }
    const clients = new Clients(sides);
    const running = Promise.all(Array.from({ length: CLIENTS }, (_, at) => clients.run(at)));
    for (let kill = 0; kill < KILLS; kill += 1) {
      await delay(600);
      const side = sides[kill % sides.length];
      assert.ok(side !== undefined);
      side.gateway.kill('SIGKILL');
      await side.gateway.exited;
      side.gateway = await side.folder.start();
    }
    // Until nobody is answered any more: what was held is back, and nothing fits.
    let answered = -1;
    for (let turn = 0; turn < 60 && clients.answered > answered; turn += 1) {
      ({ answered } = clients);
      await delay(1_500);
    }
    clients.isOver = true;
    await running;
    for (const { gateway } of sides) {
      gateway.kill('SIGTERM');
      assert.equal((await gateway.exited).code, 0);
    }
    const link = await openPostgres(url, { connectionsMax: 1, statementMs: 10_000 });
    const ledger = await openPostgresLedger(link);
    const all = { fromMs: 0, toMs: 4e12, where: { tenant: TENANT }, models: null };
    const [spent, calls] = [await ledger.spent(all), await ledger.calls(all)];
    await link.close();
    t.diagnostic(
      `${clients.answered} answered, ${clients.refused} refused, ${KILLS} kills; ${calls} calls in the ledger, ${spent} of ${LIMIT_NANO} spent`,
    );
    assert.ok(clients.refused > 0, 'the budget was used up');
    assert.ok(spent <= LIMIT_NANO, 'never more than the limit');
    // What a call had held that was killed before it was admitted comes back with its lease, in 90 s.
    assert.ok(spent > LIMIT_NANO / 2, 'nor is it locked by what was killed');
    assert.ok(calls >= clients.answered, 'each answer has a line');
  } finally {
    for (const folder of folders) folder.remove();
    await upstream.close();
  }
});
