/**
 * The kind `OpenRoute`: what answers without a credential, because it is how one gets one. There are
 * few, each says who may send it, and a test holds the list: every other path is 401 to a stranger.
 */
import type { z } from 'zod';

import type { Result } from '#stdx/result.ts';

import type { Problem } from '../problem.ts';
import type { AdminPorts, AuditAction } from '../route.ts';

export interface OpenCall<Body = unknown> {
  readonly requestId: string;
  readonly ip: string;
  readonly rawHeaders: readonly string[];
  readonly query: string;
  readonly body: Body;
  readonly ports: AdminPorts;
}

export interface OpenReply {
  readonly body?: unknown;
  readonly location?: string;
  readonly cookies?: readonly string[];
}

export interface OpenRefusal {
  readonly told: Problem;
  /** What we know; it goes to the log. */
  readonly reason: string;
  /** Whose account or session it is about, where it is of somebody known. */
  readonly actor: string | null;
  readonly tenant: string | null;
  /** A page of this site in place of a problem: a browser was sent here, and people read it. */
  readonly location?: string;
  readonly cookies?: readonly string[];
}

export interface OpenDeclaration {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly audit: AuditAction | null;
  /** `page`: of this site alone. `anywhere`: a provider sends a browser, or asks by itself. */
  readonly from: 'page' | 'anywhere';
  readonly takes: 'json' | 'form' | 'nothing';
  readonly body: z.ZodType | null;
  readonly status: 200 | 303;
  readonly response: z.ZodType | null;
}

export type OpenRoute = OpenDeclaration & {
  handle(call: OpenCall): Promise<Result<OpenReply, OpenRefusal>>;
};

type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : null;

export function defineOpenRoute<const D extends OpenDeclaration>(
  declared: D,
  handle: (call: OpenCall<OutputOf<D['body']>>) => Promise<Result<OpenReply, OpenRefusal>>,
): OpenRoute {
  // The exchange parses the body with the declaration's own schema before it calls this.
  return { ...declared, handle };
}
