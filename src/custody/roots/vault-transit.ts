/**
 * `type: vault-transit`: HashiCorp Vault or OpenBao wraps and unwraps; the root key never leaves it.
 * The key there is a derived one, so the context that is sent is part of what decrypts.
 */
import { z } from 'zod';

import { Fault } from '#domain/fault.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { KEY_BYTES } from '../aead.ts';
import { defineRoot, type RootKey, type RootPorts } from './root.ts';

const segments = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}(?:\/[A-Za-z0-9_-]{1,64}){0,4}$/u, 'letters, digits, _ and -');

const config = z.strictObject({
  type: z.literal('vault-transit'),
  address: z
    .url({ protocol: /^https?$/u, error: 'write an https URL' })
    .max(2_048)
    .meta({
      description: 'Where it is: `https://vault.internal:8200`.',
    }),
  mount: segments.default('transit').meta({
    description: 'The path of the transit engine; a namespace stands before it.',
  }),
  key: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/u)
    .meta({
      description: 'The name of the key there, made with `derived=true`.',
    }),
  tokenFile: z.string().min(1).max(4_096).meta({
    description:
      'A file with the token, mode 0600; read at each question, so an agent may renew it.',
  }),
  allowPrivateAddress: z.boolean().default(false).meta({
    description: 'It may have a private address, and plain http.',
  }),
});
type Config = z.output<typeof config>;

export const vaultTransitRoot = defineRoot({
  type: 'vault-transit',
  description: 'A key of the transit engine of HashiCorp Vault or OpenBao.',
  config,
  create(section, ports) {
    const url = new URL(section.address);
    if (url.protocol !== 'https:' && !section.allowPrivateAddress) {
      throw new ConfigProblem(
        ['address'],
        'use https, or allowPrivateAddress: true for your network',
      );
    }
    if (url.username + url.password + url.search + url.hash !== '') {
      throw new ConfigProblem(['address'], 'write it without user, query and fragment');
    }
    checkToken(section.tokenFile, ports);
    return transit(section, ports);
  },
});

function transit(section: Config, { ask, keyFile }: RootPorts): RootKey {
  const { address, mount, key, tokenFile, allowPrivateAddress } = section;
  const base = `${address.replace(/\/$/u, '')}/v1/${mount}`;
  const name = `vault/${mount}/${key}/`;
  const post = async (verb: string, json: JsonValue): Promise<JsonObject> => {
    const token = tokenOf(keyFile, tokenFile);
    const url = new URL(`${base}/${verb}/${key}`);
    const answer = await ask({ url, token, json }, allowPrivateAddress);
    const data = isJsonObject(answer) ? answer['data'] : undefined;
    if (!isJsonObject(data)) throw new Fault('secret-unavailable', 'an answer of the vault');
    return data;
  };
  const wrap: RootKey['wrap'] = async (plain, data) => {
    const plaintext = Buffer.from(plain).toString('base64');
    const context = Buffer.from(data).toString('base64');
    const { ciphertext } = await post('encrypt', { plaintext, context, associated_data: context });
    const version =
      typeof ciphertext === 'string' ? CIPHERTEXT.exec(ciphertext)?.groups : undefined;
    if (typeof ciphertext !== 'string' || version === undefined) {
      throw new Fault('secret-unavailable', 'an answer of the vault');
    }
    return { root: name + (version['version'] ?? ''), wrapped: ciphertext };
  };
  return {
    holds: (root) => root.startsWith(name) && /^v[0-9]+$/u.test(root.slice(name.length)),
    wrap,
    // What it wraps with now is seen from what it wraps: no right to read the key is needed.
    newest: async () => (await wrap(PROBE, PROBE)).root,
    async unwrap({ wrapped }, data) {
      const context = Buffer.from(data).toString('base64');
      const asked = { ciphertext: wrapped, context, associated_data: context };
      const { plaintext } = await post('decrypt', asked).catch(unlessRefused);
      if (plaintext === undefined) return null;
      const bytes = Buffer.from(typeof plaintext === 'string' ? plaintext : '', 'base64');
      if (bytes.length === KEY_BYTES) return bytes;
      throw new Fault('secret-unavailable', 'an answer of the vault');
    },
  };
}

const CIPHERTEXT = /^vault:(?<version>v[1-9][0-9]{0,8}):[A-Za-z0-9+/=]{1,4096}$/u;
const PROBE = Buffer.from('llmproxy probe', 'utf8');

/** 400: what was sent does not decrypt. Everything else says nothing of it. */
function unlessRefused(thrown: unknown): JsonObject {
  if (thrown instanceof Fault && thrown.code === 'provider-refused-call') return {};
  throw new Fault('secret-unavailable', 'the vault');
}

/** At start the operator is told; later it is a fault like any other. */
function checkToken(path: string, { keyFile }: RootPorts): void {
  try {
    keyFile(path);
  } catch (thrown) {
    if (thrown instanceof ConfigProblem) throw new ConfigProblem(['tokenFile'], thrown.message);
    throw thrown;
  }
}

function tokenOf(keyFile: RootPorts['keyFile'], path: string): string {
  const token = readToken(keyFile, path).trim();
  // A line break would end the header that it stands in.
  if (/^[\x21-\x7e]{1,4096}$/u.test(token)) return token;
  throw new Fault('secret-unavailable', 'the file of the token of the vault');
}

function readToken(keyFile: RootPorts['keyFile'], path: string): string {
  try {
    return keyFile(path);
  } catch {
    // It says a path, which is the operator's to see and not a caller's.
    throw new Fault('secret-unavailable', 'the file of the token of the vault');
  }
}
