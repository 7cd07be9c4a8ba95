/** What an answer is charged by: what the provider says, where it can be believed, and what we counted. */
import type { Call } from '#domain/call.ts';
import { plainUsage, type Usage } from '#domain/money.ts';

interface Counted {
  readonly counted: () => Usage;
  readonly hasText: () => boolean;
}

/**
 * What the provider says, unless it says that a prompt or a text was free: a budget that believed
 * that would have no end. A zero is replaced by what we counted.
 */
export function chargedUsage(told: Usage | null, { counted, hasText }: Counted): Usage {
  if (told === null) return counted();
  if (told.inputTokens > 0 && told.outputTokens > 0) return told;
  const own = counted();
  const isFreeInput = told.inputTokens === 0 && own.inputTokens > 0;
  const isFreeOutput = told.outputTokens === 0 && own.outputTokens > 0 && hasText();
  if (!isFreeInput && !isFreeOutput) return told;
  return {
    ...told,
    inputTokens: isFreeInput ? own.inputTokens : told.inputTokens,
    outputTokens: isFreeOutput ? own.outputTokens : told.outputTokens,
    source: 'counted',
  };
}

/**
 * Chat models that search do so with every call, which is billed by the call, and the usage does not say so.
 * Source: OpenAI's guide to web search, "Chat Completions", read 2026-11-28.
 */
export function withSearch(usage: Usage, { dialect, heldState }: Call): Usage {
  const searches =
    dialect === 'openai-chat' && heldState.some(({ kind }) => kind === 'hosted-tools');
  return searches && usage.hostedToolCalls === 0 ? { ...usage, hostedToolCalls: 1 } : usage;
}

/** Where a provider does not say: never nothing, because nothing would be free. */
export function countedUsage(
  { call, inputTokens }: { readonly call: Call; readonly inputTokens: number },
  outputWeight: number,
): Usage {
  const outputTokens = call.action === 'chat' ? Math.max(1, Math.ceil(outputWeight)) : 0;
  return plainUsage(inputTokens, outputTokens, 'counted');
}
