/**
 * What makes a snapshot of the store one to go by: a code over everything that it says of itself, under
 * a key that is derived from the pepper of this deployment for this purpose alone. A snapshot that was
 * altered, cut, is of another deployment or too old is refused, and it is said which.
 *
 * Whoever can write the data folder and has an older snapshot of ours can put it back: then it counts
 * until it is as old as `storage.staleMax`, and while the store answers it counts for nothing.
 */
import { createHmac, hash, hkdfSync, timingSafeEqual } from 'node:crypto';

import { z } from 'zod';

import type { LoadedPeppers, Peppers } from '#config/peppers.ts';
import { canonicalJson, parseJson } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

const PURPOSE = 'llmproxy.store-snapshot.1';
const KEY_BYTES = 32;
/** Of two clocks, or of one that was set right meanwhile. */
const CLOCK_SLACK_MS = 60_000;
/** A snapshot is a file of this machine: more than this is none of ours. */
export const CONTENT_BYTES_MAX = 512 * 1_024 * 1_024;

const HEX = /^[0-9a-f]{64}$/u;

const claims = z.strictObject({
  v: z.literal(1),
  /** `deploymentOf` the place of the store. */
  deployment: z.string().regex(HEX),
  /** Counts changes of the store. */
  version: z.int().min(0),
  /** When the store last said that this is its state. Unix milliseconds. */
  heardMs: z.int().min(0),
  keys: z.int().min(0),
  bytes: z.int().min(0).max(CONTENT_BYTES_MAX),
  /** Of the content, which is another file. */
  sha256: z.string().regex(HEX),
  /** The number of the pepper that the key is derived from. */
  pepper: z.int().min(1),
});
const sealed = claims.extend({ mac: z.string().regex(HEX) });

export type Claims = z.output<typeof claims>;

export type Refusal =
  | 'not-readable'
  | 'other-deployment'
  | 'other-pepper'
  | 'altered'
  | 'too-old'
  | 'from-the-future';

export const refusalTexts: Readonly<Record<Refusal, string>> = {
  'not-readable': 'it cannot be read as a snapshot',
  'other-deployment': 'it is of another deployment: the store that is configured is another',
  'other-pepper': 'it was sealed with a pepper that is not in this data folder',
  altered: 'it was altered or cut after it was written',
  'too-old': 'it is older than storage.staleMax',
  'from-the-future': 'it is of a time to come: the clock of this machine was set back',
};

/** The server, the port and the database, and neither the role nor its password. */
export function deploymentOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return hash('sha256', canonicalJson([PURPOSE, hostname, port || '5432', pathname]));
}

export function sealOf(of: Claims, peppers: Peppers): string {
  const mac = macOf(of, peppers).toString('hex');
  return `${canonicalJson({ ...of, mac })}\n`;
}

export interface Expected {
  readonly deployment: string;
  readonly nowMs: number;
  readonly staleMs: number;
}

/** What a seal says, if it is ours and of now. Its content is still to be held against it. */
export function openSeal(
  text: string,
  peppers: LoadedPeppers,
  { deployment, nowMs, staleMs }: Expected,
): Result<Claims, Refusal> {
  const parsed = sealed.safeParse(parseJson(text));
  if (!parsed.success) return err('not-readable');
  const { mac, ...of } = parsed.data;
  if (!peppers.has(of.pepper)) return err('other-pepper');
  if (!timingSafeEqual(macOf(of, peppers), Buffer.from(mac, 'hex'))) return err('altered');
  if (of.deployment !== deployment) return err('other-deployment');
  if (of.heardMs > nowMs + CLOCK_SLACK_MS) return err('from-the-future');
  if (nowMs - of.heardMs > staleMs) return err('too-old');
  return ok(of);
}

function macOf(of: Claims, peppers: Peppers): Buffer {
  const secret = peppers.of(of.pepper);
  const key = Buffer.from(hkdfSync('sha256', secret, of.deployment, PURPOSE, KEY_BYTES));
  return createHmac('sha256', key).update(canonicalJson(of)).digest();
}
