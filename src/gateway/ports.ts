/** What a request brings, where its answer goes, and what the gateway has to serve it. */
import type { Approvals } from '#policy/guards/approval.ts';
import type { DialectName } from '#domain/call.ts';
import type { ClientCertificate } from '#domain/client-certificate.ts';
import type { Denial } from '#domain/denial.ts';
import type { Deployment } from '#domain/deployment.ts';
import type { Principal } from '#domain/principal.ts';
import type { AuditDraft } from '#audit/record.ts';
import type { Dialect } from '#dialects/dialect.ts';
import type { Expectations } from '#metering/expectations.ts';
import type { AccessPolicy } from '#policy/access/decide.ts';
import type { Authenticator, ProofVerifier } from '#policy/authenticators/authenticator.ts';
import type { GuardRule } from '#policy/guards/rule.ts';
import type { Limiter, LimitStore, Pacer } from '#policy/limiters/limiter.ts';
import type { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import type { AlertPort } from './alerts/alert.ts';
import type { ContentLevel, SaidInCall } from './content-tap.ts';
import type { Decisions } from './decisions.ts';
import type { Egress } from './egress.ts';
import type { FailedCredentials } from './failed-credentials.ts';
import type { HeldStatePort } from './held-state-port.ts';
import type { KeyUsePort, MisusePort } from './key-ports.ts';
import type { Route } from './routes.ts';
import type { RunPort } from './run-port.ts';
import type { RunningCalls } from './running-calls.ts';
import type { TokenIssuer } from './token-issuer.ts';
import type { Door } from './overload/door.ts';
import type { Tracer } from './tracing/tracer.ts';
import type { Upstreams } from './upstreams.ts';

export interface Inbound {
  readonly requestId: string;
  readonly route: Route;
  /** The last segment of a path that ends in `{id}`. */
  readonly id: string | null;
  readonly rawHeaders: readonly string[];
  /** Of the peer itself: behind a proxy that ends TLS there is none. */
  readonly certificate: () => ClientCertificate | null;
  /** The address of the peer, or of the client where the peer is a trusted proxy. */
  readonly ip: string;
  readonly startMs: number;
  /** Cancelled with a `Fault` when the caller leaves, its key is revoked, or the gateway stops. */
  readonly cancellation: Cancellation;
  /** What is in memory for it now: its body, and what its reader has not taken. About. */
  readonly heldBytes: () => number;
  /**
   * May be called once. A refusal comes before the body is read, or as soon as it is too large: larger than
   * bodies of calls may be, or than `bytesMax`.
   */
  readBody(bytesMax?: number): Promise<Result<Buffer, Denial>>;
}

/** Names and values by turns. Whoever sends them may add to the list: it is one answer's own. */
export type HeaderList = string[];

export interface Outlet {
  /** A whole answer, held back for so long. Throws a `Fault` where the caller has gone. */
  send(status: number, headers: HeaderList, body: string, holdMs?: number): void;
  /** The headers of server-sent events; the first `write` sends them. */
  prepareStream(headers: HeaderList): void;
  /** Resolves when the socket takes more: a slow reader slows the provider, and nothing piles up. */
  write(text: string): Promise<void>;
  end(): void;
  /** Whether a byte of the answer, its status included, is on the wire. */
  readonly isBegun: boolean;
}

/** RFC 9728: the document, and where it is. */
export interface ResourceMetadata {
  readonly address: string;
  /** Algorithms of proofs that are taken (RFC 9449); empty: none are. */
  readonly proofAlgorithms: readonly string[];
  /** Documents by their paths: what is told of this gateway to whoever asks. */
  readonly documents: ReadonlyMap<string, JsonObject>;
}

export interface AuditPort {
  append(draft: AuditDraft): Promise<number>;
  readonly isTaking: boolean;
}

/** Keeps what is said in calls, where an operator wants that. */
export interface ContentPort {
  readonly level: ContentLevel;
  /** Durable when it resolves with the reference for the record. Rejects with a `Fault`. */
  keep(call: {
    readonly requestId: string;
    readonly tenant: string;
    readonly user: string | null;
    readonly endUser: string | null;
    readonly key: string | null;
    readonly said: SaidInCall;
  }): Promise<string>;
}

export interface RefusalPort {
  /** Counts one, and says how long its answer is to be held back, in milliseconds. */
  add(ip: string, status: number, reason: string): number;
}

export interface RequestMeter {
  /** `guard` is the rule's name, which the operator chose. */
  guardActed(act: {
    readonly guard: string;
    readonly mode: string;
    readonly action: string;
    readonly count: number;
  }): void;
  /** Parts of calls and answers that no guard could read. */
  notScanned(parts: number): void;
  ended(measures: {
    readonly route: string;
    readonly status: number;
    readonly seconds: number;
    readonly reason: string | null;
    readonly tenant: string | null;
    readonly inputTokens: number;
    readonly outputTokens: number;
    /** Null: it was at no provider. */
    readonly gatewaySeconds: number | null;
    /** From the head of the request to the first byte of a streamed answer. */
    readonly firstByteSeconds: number | null;
    readonly nanoUsd: number;
  }): void;
  /** One attempt at a provider. */
  attempted(attempt: {
    readonly deployment: Deployment;
    readonly operation: string;
    readonly seconds: number;
    /** The code of its fault, or `ok`. */
    readonly result: string;
  }): void;
  /** What the provider's answer came to. */
  answered(answer: {
    readonly deployment: Deployment;
    readonly operation: string;
    readonly inputTokens: number;
    readonly outputTokens: number;
  }): void;
}

/** Everything a request needs, of one configuration. A reload makes a new one and swaps it. */
export interface Gateway {
  readonly policyVersion: string;
  readonly authenticators: readonly Authenticator[];
  /** Proves end users that a caller names by a token; null: none are taken. */
  readonly endUsers: Authenticator | null;
  readonly failedCredentials: FailedCredentials;
  readonly access: AccessPolicy;
  readonly limiters: readonly Limiter[];
  /** Those that count by provider: asked for each attempt. */
  readonly attemptLimiters: readonly Limiter[];
  readonly pacers: readonly Pacer[];
  readonly limitStore: LimitStore;
  /** How long answers usually are. It outlives the configuration. */
  readonly expectations: Expectations;
  readonly guards: readonly GuardRule[];
  /** What surrogates of this caller are derived from. The same on every instance. */
  readonly pseudonymKey: (principal: Principal) => Uint8Array;
  readonly dialects: Readonly<Record<DialectName, Dialect>>;
  readonly upstreams: Upstreams;
  readonly egress: Egress;
  /** Where calls wait, or are turned away, before their bodies are read. */
  readonly door: Door;
  readonly heldState: HeldStatePort;
  readonly approvals: Approvals;
  /** Null: callers are not told where to get tokens. */
  readonly resource: ResourceMetadata | null;
  /** Null: this gateway gives no tokens. */
  readonly tokens: TokenIssuer | null;
  /** Null: no proofs of possession are taken. */
  readonly dpop: ProofVerifier | null;
  readonly audit: AuditPort;
  /** Null: nothing that is said is kept. */
  readonly content: ContentPort | null;
  readonly refusals: RefusalPort;
  readonly decisions: Decisions;
  readonly meter: RequestMeter;
  /** Null: nobody traces calls. */
  readonly tracer: Tracer | null;
  readonly keyUses: KeyUsePort;
  /** Null: no key is put aside for what it is used for. */
  readonly misuse: MisusePort | null;
  readonly runs: RunPort;
  /** Told of what guards found. It outlives the configuration. */
  readonly alerts: AlertPort;
  readonly clock: Clock;
  /** Whether somebody who was let in may not go on: revoked, suspended, or of a tenant that is gone. */
  readonly isOver: (principal: Principal) => Promise<boolean>;
  /** Told of each running call, so that revoking a key ends its streams. */
  readonly running: RunningCalls;
  readonly log: (event: string, fields: Readonly<Record<string, string | number>>) => void;
}
