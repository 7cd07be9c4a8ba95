/**
 * AUD-09, the whole gateway: `kill -9` while records are on their way to a sink. The next start sends
 * what the receiver may not have: every record of the log arrives, in order, copies with their own key.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readRecords } from '#audit/read.ts';

import { webhookSecret } from '../support/alert-receiver.ts';
import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { BASE, bearer, chat, DEMO, post, TENANT } from '../support/house.ts';
import { until } from '../support/sink-contract.ts';
import { openReceiver, webhookWire } from '../support/sink-receivers.ts';

const ROUNDS = 2;
const CALLS = 25;

test('AUD-09: a gateway that is killed with records on their way loses none of them', async (t) => {
  const secret = webhookSecret();
  const receiver = await openReceiver(webhookWire(secret));
  const folder = new GatewayFolder(
    `${DEMO}${BASE}server: { listen: "127.0.0.1:0" }
guards: []
audit:
  sinks:
    - { name: siem, type: webhook, url: "${receiver.url}/hook", secret: "\${env:SIEM_SECRET}", from: start, allowPrivateAddress: true }`,
    { SIEM_SECRET: secret },
  );
  t.after(async () => {
    folder.remove();
    await receiver.close();
  });
  const { key } = folder.key(TENANT);
  const call = (gateway: GatewayProcess) =>
    post(`${gateway.url}/v1/chat/completions`, chat('hello'), bearer(key));

  for (let round = 0; round < ROUNDS; round += 1) {
    receiver.mode = round === 0 ? 'slow' : 'lose-answers';
    const gateway = await folder.start();
    const before = receiver.taken.length;
    for (let done = 0; done < CALLS; done += 1) assert.equal((await call(gateway)).status, 200);
    await until(() => receiver.taken.length > before);
    gateway.kill('SIGKILL');
    await gateway.exited;
  }

  receiver.mode = 'accept';
  const last = await folder.start();
  assert.equal((await call(last)).status, 200);
  last.kill('SIGTERM');
  assert.equal((await last.exited).code, 0);
  const logged: string[] = [];
  for await (const { record } of readRecords(folder.auditDir)) {
    logged.push(`${record.writer}-${record.seq}`);
  }
  assert.ok(logged.length > ROUNDS * CALLS * 2);
  assert.deepEqual([...new Set(receiver.taken)], logged);
  assert.ok(receiver.taken.length > logged.length, 'there were copies');
  assert.deepEqual(receiver.problems, []);

  // The command reads the cursor; no gateway runs.
  const { code, out } = folder.run('audit', 'sinks', '--json');
  assert.equal(code, 0);
  const sink = JSON.parse(out) as Record<string, unknown>;
  const end = logged.length;
  assert.deepEqual(sink, { sink: 'siem', writer: 'main', acknowledged: end, last: end, lag: 0 });
});
