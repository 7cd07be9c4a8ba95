/** Two gateways over one PostgreSQL have one log over their logs, and an auditor proves both from their folders. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { isJsonObject, parseJson } from '#stdx/json.ts';

import { admin, openPair, say, STORE, untilMs } from '../support/gateway-pair.ts';
import type { GatewayFolder } from '../support/gateway-process.ts';
import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
after(() => server.close());

const SIGNED_OFTEN = `${STORE}
audit: { checkpoint: { every: 1s } }`;

const hasCopy = ({ auditDir }: GatewayFolder): boolean =>
  existsSync(join(auditDir, 'fleet', 'checkpoint'));

test('the log over all logs is in each gateway, and tells a gateway that is missing or was rolled back', async () => {
  const { folders, gateways, token } = await openPair(await server.plainDatabase(), SIGNED_OFTEN);
  const [first, second] = folders;
  try {
    const made = await admin(gateways[0], token, ['POST', 'keys', { tenant: 'acme', user: 'ann' }]);
    const key = String(made.json['key']);
    await untilMs(async () => (await say(gateways[1], key)) === 200, 3_000);
    await untilMs(async () => folders.every(hasCopy), 30_000);
    const status = await admin(gateways[0], token, ['GET', 'audit/log']);
    assert.equal(status.status, 200, JSON.stringify(status.json));
    const fleet = (status.json['anchors'] as Record<string, unknown>[]).find(
      ({ name }) => name === 'fleet',
    );
    assert.equal(fleet?.['type'], 'fleet', JSON.stringify(status.json));
    assert.equal(fleet['problem'], null);
    for (const gateway of gateways) gateway.kill('SIGTERM');
    for (const gateway of gateways) await gateway.exited;

    const pubkey = first.run('audit', 'fleet-key').out.trim();
    assert.equal(second.run('audit', 'fleet-key').out.trim(), pubkey, 'one key for all of them');
    const prove = (...args: string[]) => {
      const { code, out } = first.run('audit', 'fleet', '--json', '--pubkey', pubkey, ...args);
      const verdict = parseJson(out);
      assert.ok(isJsonObject(verdict), out);
      return { code, verdict, out };
    };
    const all = prove(first.auditDir, second.auditDir);
    // What was written when they stopped is behind the last checkpoint that the fleet has.
    assert.ok(all.code === 0 || all.code === 4, all.out);
    assert.deepEqual(all.verdict['problems'], []);
    assert.equal(all.verdict['isKeyGiven'], true);
    const members = all.verdict['members'] as Record<string, unknown>[];
    for (const { checkpoints } of members) assert.ok(Number(checkpoints) >= 1, all.out);
    const origins = members.map(({ origin }) => String(origin));

    const alone = prove(second.auditDir);
    assert.equal(alone.code, 3, alone.out);
    assert.match(alone.out, new RegExp(`${origins[0]}.{1,20} whose folder was not given`, 'u'));
    const retired = prove('--retired', origins[0] ?? '', second.auditDir);
    assert.ok(retired.code === 0 || retired.code === 4, retired.out);

    // The first gateway's log begins anew, with its key: by itself it would be intact.
    const log = join(first.auditDir, 'log');
    const key1 = readFileSync(join(log, 'key'));
    for (const name of ['checkpoint', 'sequencer.json', 'tile'])
      rmSync(join(log, name), { recursive: true, force: true });
    writeFileSync(join(log, 'key'), key1);
    const anew = prove(first.auditDir, second.auditDir);
    assert.ok([2, 3, 6].includes(anew.code ?? 0), anew.out);
  } finally {
    for (const folder of folders) folder.remove();
  }
});
