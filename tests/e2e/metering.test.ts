/** Receivers of usage: each quarter of an hour is told once, however often it has to be sent. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import type { LedgerEntry } from '#domain/ledger-entry.ts';

import { BASE, DEMO, type House, openHouse } from '../support/house.ts';

interface Told {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function receiver(statusOf: (told: Told) => number) {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body };
      const status = statusOf(one);
      if (status < 300) told.push(one);
      response.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    told,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

const QUARTER_MS = 900_000;
/** A quarter that is over, as seen from the clock of the test. */
const pastMs = (): number => Math.floor(Date.now() / QUARTER_MS) * QUARTER_MS - 2 * QUARTER_MS;

const entry = (id: string, changes: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id,
  end: 'settle',
  atMs: pastMs() + 1_000,
  tenant: 'acme',
  team: null,
  user: 'alice',
  key: 'k',
  rootKey: 'k',
  run: null,
  model: 'fast',
  provider: 'openai',
  inputTokens: 100,
  outputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costNanoUsd: 1_000,
  priceVersion: 'configuration',
  source: 'provider',
  ...changes,
});

/** The receiver is named before the usage, as an operator would: it is told nothing of before. */
async function scene(section: string, run: (house: House) => Promise<void>) {
  const env = { METER_KEY: ['rk', 'live', 'x'.repeat(24)].join('_') };
  const yaml = `${DEMO}\nguards: []\nmetering: { receivers: [${section}] }\n${BASE}`;
  const house = await openHouse(yaml, env);
  try {
    const { meterOutbox } = house.running.world.storage;
    await meterOutbox.collect('bills', pastMs() - QUARTER_MS, pastMs() - QUARTER_MS);
    await run(house);
  } finally {
    await house.close();
  }
}

test('Stripe: an event a measure, with its customer, its time and an identifier that stays', async () => {
  let isDown = true;
  const stripe = await receiver(() => (isDown ? 503 : 200));
  const section = `{ name: bills, type: stripe, url: "${stripe.url}", apiKey: "\${env:METER_KEY}", allowPrivateAddress: true, meters: { outputTokens: llm_output, costNanoUsd: llm_cost }, customers: { acme: cus_Acme1 } }`;
  try {
    await scene(section, async (house) => {
      const { storage, counting } = house.running.world;
      const { meterPush } = counting;
      await storage.ledger.add([entry('a'), entry('b'), entry('c', { tenant: 'unknown' })], null);
      await meterPush.push();
      assert.equal(stripe.told.length, 0);
      isDown = false;
      await meterPush.push();
      await meterPush.push();
      const forms = stripe.told.map(({ body }) => new URLSearchParams(body));
      assert.deepEqual(
        forms.map((form) => [
          form.get('event_name'),
          form.get('payload[value]'),
          form.get('payload[stripe_customer_id]'),
        ]),
        [
          ['llm_output', '20', 'cus_Acme1'],
          ['llm_cost', '2000', 'cus_Acme1'],
        ],
      );
      const [first] = stripe.told;
      assert.equal(first?.path, '/v1/billing/meter_events');
      assert.match(String(first?.headers.authorization), /^Bearer rk_live_/u);
      assert.equal(first?.headers['content-type'], 'application/x-www-form-urlencoded');
      assert.equal(first?.headers['idempotency-key'], forms[0]?.get('identifier'));
      const second = Number(forms[0]?.get('timestamp')) * 1_000;
      assert.ok(second >= pastMs() && second < pastMs() + QUARTER_MS);

      // What comes later to the same quarter is told as what was added, under another id.
      await storage.ledger.add([entry('late')], null);
      await meterPush.push();
      const later = new URLSearchParams(stripe.told[2]?.body);
      assert.equal(later.get('payload[value]'), '10');
      assert.notEqual(later.get('identifier'), forms[0]?.get('identifier'));
      assert.equal((await storage.meterOutbox.pending('bills', 10)).length, 0);
    });
  } finally {
    await stripe.close();
  }
});

test('OpenMeter: CloudEvents in batches; one that is refused for good does not stop those behind it', async () => {
  const meter = await receiver(() => 204);
  const section = `{ name: bills, type: openmeter, url: "${meter.url}/api/v1/events", allowPrivateAddress: true }`;
  try {
    await scene(section, async (house) => {
      const { storage, counting } = house.running.world;
      const { meterPush } = counting;
      const models = Array.from({ length: 150 }, (_, index) =>
        entry(`m${index}`, { model: `m${index}` }),
      );
      await storage.ledger.add(models, null);
      await meterPush.push();
      assert.equal(meter.told.length, 2);
      assert.equal(meter.told[0]?.headers['content-type'], 'application/cloudevents-batch+json');
      const events = meter.told.flatMap(
        ({ body }) => JSON.parse(body) as Record<string, unknown>[],
      );
      assert.equal(new Set(events.map(({ id }) => id)).size, 150);
      assert.deepEqual(
        [events[0]?.['specversion'], events[0]?.['type'], events[0]?.['subject']],
        ['1.0', 'llm-usage', 'acme'],
      );
      assert.match(JSON.stringify(events[0]?.['data']), /"costNanoUsd":"1000"/u);
    });
  } finally {
    await meter.close();
  }
  const refusing = await receiver(({ body }) => (body.includes('poison') ? 400 : 204));
  const second = `{ name: bills, type: openmeter, url: "${refusing.url}/e", allowPrivateAddress: true }`;
  try {
    await scene(second, async (house) => {
      const { storage, counting } = house.running.world;
      const { meterPush } = counting;
      await storage.ledger.add([entry('p', { model: 'poison' })], null);
      await meterPush.push();
      await storage.ledger.add([entry('q')], null);
      await meterPush.push();
      assert.equal(refusing.told.length, 1);
      assert.match(house.log(), /"event":"metering-refused"/u);
    });
  } finally {
    await refusing.close();
  }
});
