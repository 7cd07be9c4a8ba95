/**
 * The kind `Provider`: a vendor's API. It turns a call into a request and says how to read the
 * answer. It does no I/O and holds no secret: egress adds the secret, after it has checked that the
 * origin is the secret's own.
 */
import type { z } from 'zod';

import type { Call, DialectName } from '#domain/call.ts';
import type { Deployment } from '#domain/deployment.ts';
import type { FaultCode } from '#domain/fault.ts';
import type { JsonObject } from '#stdx/json.ts';

/** What goes to the one origin that a port leads to. */
export interface HttpRequest {
  /** Appended to the base path of the port: `/chat/completions`. Built from constants only. */
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly isStreamed: boolean;
}

export interface WireRequest extends HttpRequest {
  readonly body: string;
  /** The dialect that the answer is written in. */
  readonly dialect: DialectName;
}

/** How a provider wants its secret; the value itself is egress's business. */
export interface SecretCarrier {
  readonly header: string;
  readonly prefix: string;
}

export interface Provider {
  readonly type: string;
  readonly baseUrl: string;
  readonly dialects: readonly DialectName[];
  readonly secretCarrier: SecretCarrier;
  /** What the vendor wants beside what every request carries, names and values by turns. */
  readonly headers: readonly string[];
  /** `body` is the call's, in the dialect that was chosen. It is kept, so a copy gets the model. */
  encode(call: Call, deployment: Deployment, dialect: DialectName, body: JsonObject): WireRequest;
  /** What an error status means. Bodies of errors are never read into memory beyond a bound. */
  faultOf(status: number): FaultCode;
  /** Whether it can count tokens for a call of this dialect; else we estimate and say so. */
  readonly countsTokens: boolean;
}

/** A provider that answers without a network. It speaks every dialect. */
export interface LocalProvider {
  readonly type: string;
  readonly dialects: readonly DialectName[];
  faultOf(status: number): FaultCode;
  answer(call: Call, dialect: DialectName, body: JsonObject, port: LocalPort): LocalReply;
}

/** What a local provider may use of the world. */
export interface LocalPort {
  /** Resolves after `ms`, rejects when the caller has gone. */
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

export interface LocalReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes of the answer: one JSON document, or server-sent events. */
  readonly chunks: AsyncIterable<string>;
}

/** A member of the kind: its name, its schema, its constructor. `create` may throw `ConfigProblem`. */
export interface ProviderType<Config extends z.ZodType = z.ZodType> {
  readonly type: string;
  readonly description: string;
  readonly config: Config;
  /** The configuration's secret is for egress: no member reads it. */
  create(config: z.output<Config>): Provider | LocalProvider;
}

export const defineProvider = <Config extends z.ZodType>(
  member: ProviderType<Config>,
): ProviderType<Config> => member;

export const isLocal = (provider: Provider | LocalProvider): provider is LocalProvider =>
  'answer' in provider;
