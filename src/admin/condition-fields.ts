/** Conditions in a body: each is compiled before it is kept, and a problem names its field. */
import { compileCondition, conditionText } from '#policy/access/condition.ts';

import type { FieldProblem } from './contract.ts';
import type { Problem } from './problem.ts';

type Rules = readonly { readonly when?: string | undefined }[];

interface Conditioned {
  readonly allow?: Rules | undefined;
  readonly deny?: Rules | undefined;
}

const ERRORS_MAX = 16;

export function conditionProblem({ allow = [], deny = [] }: Conditioned): Problem | null {
  const errors = [...fieldProblems('allow', allow), ...fieldProblems('deny', deny)];
  if (errors.length === 0) return null;
  return { reason: 'request-malformed', errors: errors.slice(0, ERRORS_MAX) };
}

/** What is wrong with one condition; null: it compiles. */
export function problemOfCondition(when: string): string | null {
  const compiled = compileCondition(when);
  if (compiled.ok) return null;
  const { hint } = compiled.error;
  return `${conditionText(compiled.error)}${hint === '' ? '' : `; ${hint}`}`;
}

const fieldProblems = (kind: string, rules: Rules): FieldProblem[] =>
  rules.flatMap(({ when }, index) => {
    if (when === undefined) return [];
    const problem = problemOfCondition(when);
    return problem === null ? [] : [{ field: `${kind}.${index}.when`, problem }];
  });
