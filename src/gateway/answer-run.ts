/**
 * Routes of runs: an agent mints one for a piece of work, reads what is left of it, and ends it. There
 * is no content in them, so no guard reads them; they count as requests, and no run's calls.
 */
import type { Action } from '#domain/action.ts';
import type { Denial } from '#domain/denial.ts';
import { mayActAtAll } from '#policy/access/decide.ts';
import type { JsonObject } from '#stdx/json.ts';

import type { Answer } from './answer-read.ts';
import { holdRequest } from './hold.ts';
import type { Inbound } from './ports.ts';
import type { Scene } from './scene.ts';
import { parseBody } from './stages.ts';

/** A run has a few short fields, and names of tools and models. */
const BODY_BYTES_MAX = 65_536;
/** What runs are for. */
const CALLS: readonly Action[] = ['chat', 'embeddings', 'count-tokens'];
/** What holds a token is kept by nobody on the way. */
const HEADERS = ['cache-control', 'no-store'];

const denied = (denial: Denial): Answer => ({ kind: 'denied', denial });
const own = (body: JsonObject): Answer => ({ kind: 'own', body, headers: HEADERS });

export async function answerRun(inbound: Inbound, scene: Scene): Promise<Answer> {
  const { gateway, principal, record, request } = scene;
  // Who may make no call, from here and now, has nothing to give to a run, and ends nobody else's work.
  const refused = mayActAtAll(principal, CALLS, request, gateway.access);
  if (refused !== null) return denied(refused);
  const reserved = await holdRequest(inbound, principal, gateway);
  if (!reserved.ok) return denied(reserved.error);
  record.reservation = reserved.value;
  if (inbound.route.serves === 'run-mint') return await mint(inbound, scene);
  const { runs } = gateway;
  const id = inbound.id ?? '';
  const found =
    inbound.route.serves === 'run-end'
      ? await runs.end(id, principal)
      : await runs.find(id, principal);
  // What is not there, and what is not the caller's, are one answer.
  return found === null ? denied({ reason: 'route-unknown' }) : own(found);
}

async function mint(inbound: Inbound, scene: Scene): Promise<Answer> {
  const { gateway, principal, record } = scene;
  if (principal.keyId === null) return denied({ reason: 'run-forbidden', because: 'no-key' });
  const bytes = await inbound.readBody(BODY_BYTES_MAX);
  if (!bytes.ok) return denied(bytes.error);
  const body = parseBody(bytes.value);
  if (!body.ok) return denied(body.error);
  // Nobody is given a run that no record could be made of.
  if (!gateway.audit.isTaking) return denied({ reason: 'audit-unavailable' });
  const minted = await gateway.runs.mint(body.value, principal);
  if (!minted.ok) return denied(minted.error);
  record.okStatus = 201;
  return own(minted.value);
}
