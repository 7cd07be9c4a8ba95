/** The root key is in a KMS that does not answer. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { randomBase62 } from '#stdx/base62.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { type Script, sendJson, textAt } from '../http.ts';
import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const START_MS = 5_000;

/** Vault Transit, as far as the product asks it: what decrypts depends on the context. */
function transit(): Script {
  const kept = new Map<string, string>();
  return ({ path, body }, response) => {
    const asked = parseJson(body);
    const said = isJsonObject(asked) ? asked : {};
    const [plaintext, ciphertext, context] = [
      textAt(said, 'plaintext'),
      textAt(said, 'ciphertext'),
      textAt(said, 'context'),
    ];
    if (path.endsWith('/encrypt/drill')) {
      const made = `vault:v1:${randomBytes(60).toString('base64')}`;
      kept.set(`${made} ${context}`, plaintext);
      sendJson(response, 200, { data: { ciphertext: made, key_version: 1 } });
      return;
    }
    const found = kept.get(`${ciphertext} ${context}`);
    if (found === undefined) sendJson(response, 400, { errors: ['no'] });
    else sendJson(response, 200, { data: { plaintext: found } });
  };
}

/** Whether a text is in any file of a folder. */
function isIn(dir: string, text: string): boolean {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).some((name) => {
    const path = join(dir, name);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
}

export const kmsAway: Scenario = {
  name: 'kms-away',
  dependency: 'KMS',
  failure: 'is away',
  needs: [],
  async run(lab) {
    const kms = await lab.played(transit());
    const provider = await lab.provider();
    const tokenFile = lab.path('kms-token');
    writeFileSync(tokenFile, randomBase62(24), { mode: 0o600 });
    const gateway = await lab.gateway(
      houseYaml(
        provider,
        `custody: { root: { type: vault-transit, address: "${kms.url}", key: drill, tokenFile: ${JSON.stringify(tokenFile)}, allowPrivateAddress: true } }\n`,
      ),
    );
    const secret = randomBase62(40);
    const secrets = 'tenants/acme/provider-secrets';
    await gateway.done('POST', secrets, { provider: 'local', secret });
    const { key } = await gateway.key();
    await within(START_MS, async () => (await gateway.status(key)) === 200);
    await kms.leave();
    lab.same('served', 'calls with secrets that were opened before', [
      [await gateway.status(key), provider.credential === `Bearer ${secret}`],
      [200, true],
    ]);
    const meanwhile = await lab.statuses(1, () => gateway.status(key));
    lab.same('served', 'as long as it lasts', [meanwhile, [200]]);
    const other = { provider: 'local', secret: randomBase62(40) };
    const sealing = await gateway.admin('POST', 'tenants/free/provider-secrets', other);
    lab.same('refused', 'a new secret: 503', [sealing.status, 503]);
    await gateway.kill();
    lab.check('refused', 'a start', !(await gateway.tryStart()));
    lab.check(
      'refused',
      'which says that the root key cannot be used',
      /custody/u.test(gateway.log),
      gateway.log,
    );
    lab.check(
      'refused',
      'no secret is kept in plain text instead',
      !isIn(gateway.dataDir, other.secret) && !isIn(gateway.dataDir, secret),
    );
    await kms.back();
    lab.check('recovers', 'it starts when the KMS is back', await gateway.tryStart());
    lab.same('recovers', 'and the secret opens', [
      [await gateway.status(key), provider.credential === `Bearer ${secret}`],
      [200, true],
    ]);
  },
};
