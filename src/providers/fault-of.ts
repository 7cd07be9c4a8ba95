/** What an error status of a model provider means. One table for all: they agree on it. */
import type { FaultCode } from '#domain/fault.ts';

export function faultOfStatus(status: number): FaultCode {
  if (status === 429) return 'provider-limited';
  // 529 is Anthropic's own "overloaded".
  if (status === 503 || status === 529) return 'provider-overloaded';
  if (status >= 500) return 'provider-failed';
  if (status >= 400) return 'provider-rejected';
  // Egress follows no redirect, and asks for the meaning of errors only.
  return 'provider-reply-invalid';
}
