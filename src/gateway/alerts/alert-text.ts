/** An alert for people who read it in a chat or a mail: names and numbers, one line for each thing. */
import { NOTICES_MAX } from '#telemetry/alert-rules/notice-plan.ts';
import { noticeLine, noticeTitle } from '#telemetry/alert-rules/notice-text.ts';

import type { Alert } from './alert.ts';

export interface AlertText {
  readonly title: string;
  readonly lines: readonly string[];
}

export function textOf({ rules, type }: Alert): AlertText {
  if (rules === null) return { title: `LLMProxy ${type}`, lines: ['A test: alerts arrive here.'] };
  const lines = rules.slice(0, NOTICES_MAX).map(noticeLine);
  const more = rules.length - lines.length;
  return {
    title: noticeTitle(rules),
    lines: more > 0 ? [...lines, `and ${more} more`] : lines,
  };
}
