/**
 * How a sealed secret is written: `c1.KEY.VERSION.DATA_KEY.TEXT`, the number of the tenant's key, the
 * version of the secret, its data key as the tenant's key wraps it, and its text as the data key
 * encrypts it. In a stored setting it stands in an object of its own, so that no text that somebody
 * sends can be taken for one.
 */
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import { KEY_BYTES, OVERHEAD_BYTES } from './aead.ts';

export interface SealedParts {
  readonly keyNumber: number;
  readonly version: number;
  readonly dataKey: Buffer;
  readonly text: Buffer;
}

/** The longest secret, in bytes. */
export const SECRET_BYTES_MAX = 16_384;
const SEALED_CHARS_MAX = 24_576;

const SEALED =
  /^c1\.(?<key>[1-9][0-9]{0,8})\.(?<version>[1-9][0-9]{0,8})\.(?<dataKey>[\w-]{1,128})\.(?<text>[\w-]{1,24000})$/u;

export function parseSealed(sealed: string): SealedParts | null {
  if (sealed.length > SEALED_CHARS_MAX) return null;
  const groups = SEALED.exec(sealed)?.groups;
  const dataKey = bytesOf(groups?.['dataKey']);
  const text = bytesOf(groups?.['text']);
  if (groups === undefined || dataKey === null || text === null) return null;
  if (dataKey.length !== KEY_BYTES + OVERHEAD_BYTES || text.length <= OVERHEAD_BYTES) return null;
  return { keyNumber: Number(groups['key']), version: Number(groups['version']), dataKey, text };
}

/** One spelling each: the last character of base64 may hold bits that decode to nothing. */
function bytesOf(text = ''): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return text !== '' && bytes.toString('base64url') === text ? bytes : null;
}

export const sealedText = ({ keyNumber, version, dataKey, text }: SealedParts): string =>
  `c1.${keyNumber}.${version}.${dataKey.toString('base64url')}.${text.toString('base64url')}`;

const MEMBER = '$sealed';
const PREFIX = `${MEMBER}:`;

/** As it stands in a stored setting. */
export const sealedJson = (sealed: string): JsonValue => ({ [MEMBER]: sealed });

/** The sealed text of such an object; null for every other value. */
export function sealedOf(value: JsonValue | undefined): string | null {
  if (!isJsonObject(value)) return null;
  const sealed = value[MEMBER];
  const isAlone = Object.keys(value).length === 1;
  return isAlone && typeof sealed === 'string' && parseSealed(sealed) !== null ? sealed : null;
}

/** Whether it is there for a sealed text, be it one that opens or not. */
export const isSealedJson = (value: JsonValue | undefined): boolean =>
  isJsonObject(value) && MEMBER in value;

/** As it stands in a configuration, where a secret is a text: a reference that opens for its owner only. */
export const sealedReference = (sealed: string): string => PREFIX + sealed;

/** The sealed text of a reference; null for a secret in the clear. */
export const referredSealed = (text: string): string | null =>
  text.startsWith(PREFIX) ? text.slice(PREFIX.length) : null;
