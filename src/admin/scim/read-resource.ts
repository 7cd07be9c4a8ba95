/** From a body of SCIM to what a service writes: the schemas that it says it has, and its shape. */
import { z } from 'zod';

import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { ResourceType } from './attributes.ts';
import { canonicalResource } from './canonical.ts';
import { applyPatch } from './patch.ts';
import type { Operation } from './patch-path.ts';
import { type ScimProblem, scimProblem, shownName } from './scim-problem.ts';

export const PATCH_URN = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
const OPERATIONS_MAX = 200;

const patchBody = z.strictObject({
  schemas: z.array(z.string()),
  Operations: z
    .array(
      z.strictObject({
        op: z
          .string()
          .max(16)
          .toLowerCase()
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().min(1).max(1_024).optional(),
        value: z.json().optional(),
      }),
    )
    .min(1)
    .max(OPERATIONS_MAX),
});

function hasSchema({ schemas }: JsonObject, urn: string): boolean {
  const isUrn = (one: unknown): boolean =>
    typeof one === 'string' && one.toLowerCase() === urn.toLowerCase();
  return Array.isArray(schemas) && schemas.some(isUrn);
}

const noSchema = (urn: string): ScimProblem =>
  scimProblem('invalidSyntax', `schemas does not name ${urn}.`);

/** A whole resource, of POST and PUT. */
export function readResource<T>(
  sent: JsonObject,
  type: ResourceType,
  schema: z.ZodType<T>,
): Result<T, ScimProblem> {
  if (!hasSchema(sent, type.urn)) return err(noSchema(type.urn));
  const canonical = canonicalResource(sent, type);
  return canonical.ok ? checked(canonical.value, schema) : canonical;
}

/** The operations of a PATCH, before it is known what they are about. */
export function readOperations(sent: JsonObject): Result<readonly Operation[], ScimProblem> {
  if (!hasSchema(sent, PATCH_URN)) return err(noSchema(PATCH_URN));
  const parsed = patchBody.safeParse(sent);
  if (parsed.success) return ok(parsed.data.Operations);
  const [issue] = parsed.error.issues;
  const at = shownName((issue?.path ?? []).map(String).join('.') || 'Operations');
  return err(scimProblem('invalidSyntax', `${at} is not as PATCH has it.`));
}

export function patchResource<T>(
  writable: JsonObject,
  operations: readonly Operation[],
  type: ResourceType,
  schema: z.ZodType<T>,
): Result<T, ScimProblem> {
  const patched = applyPatch(writable, operations, type);
  return patched.ok ? checked(patched.value, schema) : patched;
}

/** What people who set up a provider get wrong most, in words that say what to do. */
const HINTS: Readonly<Record<string, string>> = {
  userName: 'userName is 1 to 128 characters of A-Z a-z 0-9 . _ ~ @ + | : = - and no other.',
  members: 'members are up to 5,000 users, each by its id; a group has no groups in it.',
  emails: 'emails are up to 8 addresses, with type and primary.',
};

function checked<T>(value: JsonObject, schema: z.ZodType<T>): Result<T, ScimProblem> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const name = shownName(String(issue?.path[0] ?? '?'));
  return err(scimProblem('invalidValue', HINTS[name] ?? `${name} is missing or not valid.`));
}
