/** `count_tokens` where no provider can count: our estimate, and a header that says that it is one. */
import type { Call } from '#domain/call.ts';
import type { Grant } from '#domain/proofs.ts';
import { inputTokensOf } from '#metering/estimate.ts';

import type { Answer } from './answer-read.ts';
import type { Gateway } from './ports.ts';

/** Null where a deployment speaks the dialect and counts: the call goes to it like any other. */
export function countLocally(
  call: Call,
  { deployments }: Grant,
  { upstreams }: Gateway,
): Answer | null {
  if (call.action !== 'count-tokens') return null;
  const counts = deployments.every((deployment) => {
    const upstream = upstreams.of(deployment);
    return upstream.countsTokens && upstream.dialectFor(call) === call.dialect;
  });
  if (counts) return null;
  const body = { input_tokens: inputTokensOf(call) };
  return { kind: 'own', body, headers: ['x-llmproxy-token-count', 'estimated'] };
}
