/** Routes that read: the models that the caller may use, and the decisions on its own calls. */
import type { AskedRequest } from '#domain/asked.ts';
import type { Denial } from '#domain/denial.ts';
import type { Fault } from '#domain/fault.ts';
import type { ModelAlias } from '#domain/deployment.ts';
import type { Principal } from '#domain/principal.ts';
import { visibleAliases } from '#policy/access/decide.ts';
import type { JsonObject } from '#stdx/json.ts';

import type { CallRecord } from './call-record.ts';
import type { UpstreamReply } from './egress.ts';
import type { Gateway, Inbound } from './ports.ts';
import type { StreamEnd } from './relay-stream.ts';
import type { WholeReply } from './relay-whole.ts';
import { holdRequest } from './hold.ts';

export type Answer =
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'faulted'; readonly fault: Fault }
  /** Answered by the gateway itself. */
  | { readonly kind: 'own'; readonly body: JsonObject; readonly headers: readonly string[] }
  | { readonly kind: 'whole'; readonly reply: WholeReply; readonly upstream: UpstreamReply }
  | { readonly kind: 'stream'; readonly end: StreamEnd; readonly upstream: UpstreamReply };

/** Models have no date of their own here; the SDKs want a number. */
const CREATED_S = 1_735_689_600;

interface Reading {
  readonly gateway: Gateway;
  readonly record: CallRecord;
  readonly request: AskedRequest;
}

export async function answerRead(
  inbound: Inbound,
  principal: Principal,
  { gateway, record, request }: Reading,
): Promise<Answer> {
  const reserved = await holdRequest(inbound, principal, gateway);
  if (!reserved.ok) return { kind: 'denied', denial: reserved.error };
  record.reservation = reserved.value;

  if (inbound.route.serves === 'decision') {
    return await answerDecision(inbound, principal, gateway);
  }
  const aliases = await visibleAliases(principal, request, gateway.access);
  const isAnthropic = speaksAnthropic(inbound.rawHeaders);
  if (inbound.route.serves === 'models') {
    return own(isAnthropic ? anthropicList(aliases) : openaiList(aliases));
  }
  const alias = aliases.find(({ name }) => name === decoded(inbound.id));
  if (alias === undefined) return { kind: 'denied', denial: { reason: 'model-unknown' } };
  return own(isAnthropic ? anthropicModel(alias) : openaiModel(alias));
}

async function answerDecision(
  inbound: Inbound,
  principal: Principal,
  { decisions }: Gateway,
): Promise<Answer> {
  const decision = await decisions.find(principal, inbound.id ?? '');
  if (decision === null) return { kind: 'denied', denial: { reason: 'route-unknown' } };
  return own({ ...decision });
}

const own = (body: JsonObject): Answer => ({ kind: 'own', body, headers: [] });

/** Anthropic's clients always say which version of the API they speak. */
export function speaksAnthropic(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'anthropic-version') return true;
  }
  return false;
}

/** Slashes are never encoded in a path that got here, so an id is one segment. */
function decoded(id: string | null): string {
  try {
    return decodeURIComponent(id ?? '');
  } catch {
    // Not an encoding: then it is no name of a model either.
    return '';
  }
}

const openaiModel = ({ name }: ModelAlias): JsonObject => ({
  id: name,
  object: 'model',
  created: CREATED_S,
  owned_by: 'llmproxy',
});

const openaiList = (aliases: readonly ModelAlias[]): JsonObject => ({
  object: 'list',
  data: aliases.map(openaiModel),
});

const anthropicModel = ({ name }: ModelAlias): JsonObject => ({
  type: 'model',
  id: name,
  display_name: name,
  created_at: new Date(CREATED_S * 1_000).toISOString(),
});

const anthropicList = (aliases: readonly ModelAlias[]): JsonObject => ({
  data: aliases.map(anthropicModel),
  has_more: false,
  first_id: aliases[0]?.name ?? null,
  last_id: aliases.at(-1)?.name ?? null,
});
