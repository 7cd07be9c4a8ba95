/**
 * The kind `RootKey`: what wraps the keys of tenants, and is not in the store. Each member is a file
 * here and a line in the registry. A root key wraps and unwraps; who asks never sees it.
 */
import type { z } from 'zod';

import type { JsonValue } from '#stdx/json.ts';

export interface Wrapped {
  /** The version of the root key, by a name that no other root key has. */
  readonly root: string;
  readonly wrapped: string;
}

export interface RootKey {
  /** Whether it has this version. */
  holds(root: string): boolean;
  /** The version that wraps now. Throws a `Fault` where that cannot be known. */
  newest(): Promise<string>;
  wrap(key: Uint8Array, data: Uint8Array): Promise<Wrapped>;
  /** Null: it was not wrapped so. Throws a `Fault` where that cannot be known. */
  unwrap(wrapped: Wrapped, data: Uint8Array): Promise<Buffer | null>;
}

export interface RootQuestion {
  readonly url: URL;
  readonly token: string;
  readonly json: JsonValue;
}

/** What members may use of the world. */
export interface RootPorts {
  /** The lines of a file that nobody else may read; null: the one in the data folder. */
  readonly keyFile: (path: string | null) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a service for a JSON document, with a deadline. Throws a `Fault`. */
  readonly ask: (question: RootQuestion, allowPrivateAddress: boolean) => Promise<JsonValue>;
}

export interface RootType<Config extends z.ZodType = z.ZodType> {
  readonly type: string;
  readonly description: string;
  readonly config: Config;
  /** May throw `ConfigProblem`, with a path below the entry. */
  create(config: z.output<Config>, ports: RootPorts): RootKey;
}

export const defineRoot = <Config extends z.ZodType>(member: RootType<Config>): RootType<Config> =>
  member;
