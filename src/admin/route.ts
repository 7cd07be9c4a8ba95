/**
 * The kind `AdminRoute`. A route cannot be written down without its permission, its scope, its
 * schemas and, when it writes, its audit action: there is no default to forget, and one that is
 * left out does not compile.
 */
import type { z } from 'zod';

import type { ApprovalDesk } from '#gateway/approvals.ts';
import type { Config } from '#config/config.ts';
import type { Peppers } from '#config/peppers.ts';
import type { Principal } from '#domain/principal.ts';
import type { CustodyRoom } from '#custody/parts.ts';
import type { TenantPolicy } from '#policy/access/roles.ts';
import type { Demand } from '#policy/limiters/limiter.ts';
import type { Storage } from '#storage/storage.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonValue } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import type { AdminAlertRule } from './alert-contract.ts';
import type { AuditAdminPorts } from './audit/audit-ports.ts';
import type { LimitView } from './limits-contract.ts';
import type { AdminAlertTest, FieldProblem } from './contract.ts';
import type { AdminStatus } from './status-contract.ts';
import type { PeoplePorts } from './people/people-ports.ts';
import type { PlaygroundDesk } from './playground/playground-desk.ts';
import type { EventSource } from './event-stream.ts';
import type { Actor, AdminPermission } from './permissions.ts';
import type { Problem } from './problem.ts';
import type { SettingsPort } from './settings-port.ts';
import type { AdminSink } from './sink-contract.ts';

export type ReloadResult =
  | { readonly isApplied: true; readonly policyVersion: string }
  | { readonly isApplied: false; readonly problems: readonly FieldProblem[] };

/** What routes may use of the world. */
export interface AdminPorts {
  readonly storage: Storage;
  readonly peppers: Peppers;
  readonly room: CustodyRoom;
  /** Resolves when what a tenant has brought, or taken away, counts for its calls. */
  readonly secretsChanged: () => Promise<void>;
  readonly clock: Clock;
  readonly approvals: Pick<ApprovalDesk, 'waiting' | 'find' | 'decide'>;
  readonly config: () => Config;
  /** What the roles of a tenant are now, of file and store. */
  readonly policies: (tenant: string) => TenantPolicy | undefined;
  /** Who a key is, with its scope and the keys above it; null: there is no such key. */
  readonly keyHolder: (id: string) => Promise<Principal | null>;
  /** The configuration in force, without its secrets. */
  readonly redactedConfig: () => JsonValue;
  readonly status: () => AdminStatus;
  readonly reload: () => Promise<ReloadResult>;
  /** What the store adds to the file. */
  readonly settings: SettingsPort;
  /** Null: no receiver of alerts has this name. */
  readonly testAlert: (name: string) => Promise<AdminAlertTest | null>;
  readonly counters: {
    /** What is left of each limit, for a tenant or for all of them. */
    limits(tenant: string | null): Promise<readonly LimitView[]>;
    /** What running calls of this gateway hold. */
    held(): Promise<readonly Demand[]>;
  };
  /** Rules on metrics, and what is pending or fires. */
  readonly alertRules: () => readonly AdminAlertRule[];
  readonly sinks: {
    status(): readonly AdminSink[];
    /** A marked event, at once; `code` null: it was taken. Null: there is no such sink. */
    test(name: string): Promise<{ readonly code: string | null; readonly ms: number } | null>;
  };
  /** The one-time token was exchanged: its file can go. */
  readonly onOneTimeUsed: () => void;
  readonly people: PeoplePorts;
  readonly audit: AuditAdminPorts;
  readonly playground: PlaygroundDesk;
}

type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsOf<Rest>
  : never;

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : null;

export interface AdminCall<Params extends string = string, Body = unknown, Query = unknown> {
  readonly actor: Actor;
  readonly requestId: string;
  /** The audit action of the route; a read has none. */
  readonly action: string;
  readonly params: Readonly<Record<Params, string>>;
  readonly body: Body;
  readonly query: Query;
  /** Where the request came from, and its head as it was sent. */
  readonly ip: string;
  readonly rawHeaders: readonly string[];
  /** Whoever asked has left: what takes long need not end. */
  readonly isGone: () => boolean;
  /** The version in `If-Match`; -1, which no record has, on routes that do not ask for one. */
  readonly version: number;
  readonly ports: AdminPorts;
}

/** An answer to be kept: a browser saves it and shows nothing of it. */
export interface ReplyFile {
  /** Of our making: letters, digits, dots and dashes. */
  readonly name: string;
  readonly type: FileType;
  readonly text: string;
}

export const fileTypes = ['text/html', 'text/csv', 'application/jsonl'] as const;
export type FileType = (typeof fileTypes)[number];

export interface Reply<Body = unknown> {
  readonly body: Body;
  /** Sent in place of the body, by routes that declare its type. */
  readonly file?: ReplyFile;
  /** Becomes the `ETag`. */
  readonly version?: number | null;
  readonly location?: string;
  /** Whole `Set-Cookie` texts. */
  readonly cookies?: readonly string[];
}

export type AuditAction = `${string}.${string}`;

interface Common {
  readonly path: string;
  readonly summary: string;
  readonly permission: AdminPermission;
  /** `platform`: not for who is confined to a tenant. `own`: about the caller alone. */
  readonly scope: 'platform' | 'tenant' | 'own';
  readonly query: z.ZodType | null;
}

type Method =
  | {
      readonly method: 'GET';
      readonly audit: null;
      readonly body: null;
      readonly ifMatch: false;
    }
  | {
      readonly method: 'POST' | 'PATCH' | 'DELETE';
      readonly audit: AuditAction;
      readonly body: z.ZodType | null;
      readonly ifMatch: boolean;
    };

type Answer =
  | {
      readonly status: 200 | 201;
      readonly response: z.ZodType;
      /** What else it may be answered as. */
      readonly files?: readonly FileType[];
    }
  | { readonly status: 204; readonly response: null }
  /** Server-sent events, until the reader goes: the body of the reply is where they come from. */
  | { readonly status: 200; readonly response: 'events' };

export type Declaration = Common & Method & Answer;

export type AdminRoute = Declaration & {
  handle(call: AdminCall): Promise<Result<Reply, Problem>>;
};

type BodyOf<Response> = Response extends z.ZodType
  ? z.input<Response>
  : Response extends 'events'
    ? EventSource
    : null;

/** Ties the handler to the schemas of its own declaration; what runs is the declaration itself. */
export function defineRoute<const D extends Declaration>(
  declared: D,
  handle: (
    call: AdminCall<ParamsOf<D['path']>, OutputOf<D['body']>, OutputOf<D['query']>>,
  ) => Promise<Result<Reply<BodyOf<D['response']>>, Problem>>,
): AdminRoute {
  // The exchange parses body and query with the declaration's own schemas before it calls this.
  return { ...declared, handle };
}
