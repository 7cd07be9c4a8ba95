/** Fields that several sections share, and the way a value says that it is not here yet. */
import { isIP } from 'node:net';

import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/u;
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,255}$/u;

/** Ids and names of ours: they end up in paths, metrics and records. */
export const nameField = z
  .string()
  .regex(NAME, 'use lower-case letters, digits and hyphens, at most 63, not a hyphen first');

/** Names of models, ours and those of providers. */
export const modelField = z
  .string()
  .regex(MODEL, 'use letters, digits and . _ : / @ + -, at most 256, a letter or digit first');

/** A path of a file; a relative one is relative to the folder of the configuration. */
export const pathField = z.string().min(1).max(4_096);

export const LATER = 'comes with a later version; leave it out';

/**
 * For a check of several keys: it runs even where one of them has a problem of its own, so that an
 * operator sees both.
 */
export const whenObject = ({ value }: { readonly value: unknown }): boolean =>
  typeof value === 'object' && value !== null;

/** A value that is fixed for now: others are known words that come later. */
export const onlyField = <const Value extends string | number | null>(value: Value, name: string) =>
  z
    .literal(value, `\`${name}\` can only be ${value} here; anything else ${LATER}`)
    .meta({ description: `${value} is the only value of this version.` });

/** An address to listen on. Prints as it was written. */
export class ListenAddress {
  readonly host: string;
  /** 0: the system chooses a free one. */
  readonly port: number;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  toJSON(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }
}

const LISTEN =
  /^(?:\[(?<six>[0-9a-fA-F:.]{2,45})\]|(?<host>[A-Za-z0-9.-]{0,253})):(?<port>[0-9]{1,5})$/u;

function listenAddress(text: string): ListenAddress | null {
  const groups = LISTEN.exec(text)?.groups;
  if (groups === undefined) return null;
  const { six, host, port } = groups;
  if (six !== undefined && isIP(six) !== 6) return null;
  const number = Number(port);
  // `:0` and `:8080` mean this machine alone; all addresses are asked for by name (0.0.0.0).
  return number > 65_535 ? null : new ListenAddress(six ?? (host || '127.0.0.1'), number);
}

export const listenField = z
  .string()
  .refine(
    (text) => listenAddress(text) !== null,
    'write host:port, such as 127.0.0.1:8080 or [::1]:0',
  )
  .transform((text) => listenAddress(text) ?? new ListenAddress('127.0.0.1', 0));

/** An IP address or a CIDR range. */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0 || address.includes('%')) return false;
  if (prefix === undefined) return true;
  return /^[0-9]{1,3}$/u.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}
