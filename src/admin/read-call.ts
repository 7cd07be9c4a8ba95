/**
 * From the bytes of a request to what a route declared: strict on form, silent on values. What is
 * refused is named by path, and never repeated.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { z } from 'zod';

import { BODY_GRACE_MS, readBody } from '#server/read-body.ts';
import { scanJson } from '#stdx/json-scan.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { FieldProblem } from './contract.ts';
import { type Problem, problem, problemOf } from './problem.ts';
import type { AdminRoute } from './route.ts';

const BODY_BYTES_MAX = 65_536;
const BODY_DEADLINE_MS = 10_000;
const BODY_BYTES_PER_SECOND_MIN = 64;
const BOUNDS = { depthMax: 16, membersMax: 5_000 };
const ERRORS_MAX = 16;
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/iu;

/**
 * `If-Match` of one strong ETag of ours. `*` would give up the protection, so it is no version. `"0"` is that
 * of what is not there yet.
 */
export function readVersion(header: string | undefined): Result<number, Problem> {
  if (header === undefined || header.trim() === '*') return err(problem('version-missing'));
  const { version } = /^"(?<version>0|[1-9][0-9]{0,14})"$/u.exec(header.trim())?.groups ?? {};
  // Another form matches no ETag that we gave.
  return version === undefined ? err(problem('stale-version')) : ok(Number(version));
}

export function readQuery(route: AdminRoute, query: string): Result<unknown, Problem> {
  const params = new URLSearchParams(query);
  const values = Object.fromEntries(params);
  // A parameter that is there twice means two things to two readers.
  if (params.size !== Object.keys(values).length) return err(problem('request-malformed'));
  if (route.query !== null) return checked(route.query, values);
  const [unknown] = Object.keys(values);
  return unknown === undefined ? ok(null) : err(refused([unknownField(unknown)]));
}

/** All of the body as text; empty where there is none. */
async function readText(
  request: IncomingMessage,
  response: ServerResponse,
  bytesMax = BODY_BYTES_MAX,
): Promise<Result<string, Problem>> {
  const { expect, 'content-length': length } = request.headers;
  const bounds = {
    declaredBytes: Number(length ?? 0),
    bytesMax,
    deadlineMs: BODY_DEADLINE_MS,
    bytesPerSecondMin: BODY_BYTES_PER_SECOND_MIN,
    graceMs: BODY_GRACE_MS,
  };
  const begin = expect === undefined ? null : () => response.writeContinue();
  const read = await readBody(request, bounds, begin);
  if (!read.ok) return err(problemOf(read.error));
  const text = utf8Of(read.value);
  return text === null ? err(problem('request-malformed')) : ok(text);
}

/** Reads what a write carries; a write without a body takes none, or an empty object. */
export async function readJsonBody(
  route: Pick<AdminRoute, 'body'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Result<unknown, Problem>> {
  const read = await readText(request, response);
  if (!read.ok) return read;
  const text = read.value;
  if (text === '') return route.body === null ? ok(null) : err(refused([NO_JSON]));
  const value = scanJson(text, BOUNDS) === null ? parseJson(text) : undefined;
  if (value === undefined) return err(refused([NO_JSON]));
  if (route.body !== null) return checked(route.body, value);
  return JSON.stringify(value) === '{}' ? ok(null) : err(refused([unknownField('body')]));
}

const NO_JSON: FieldProblem = {
  field: 'body',
  problem: 'It is not JSON, names a member twice, or is too deep or too wide to be read.',
};

/** An object, for a standard that has its own words for what is wrong with it. */
export async function readObject(
  request: IncomingMessage,
  response: ServerResponse,
  { bytesMax, membersMax }: { readonly bytesMax: number; readonly membersMax: number },
): Promise<Result<JsonObject, Problem>> {
  const read = await readText(request, response, bytesMax);
  if (!read.ok) return read;
  const isBounded = scanJson(read.value, { ...BOUNDS, membersMax }) === null;
  const value = isBounded ? parseJson(read.value) : undefined;
  return isJsonObject(value) ? ok(value) : err(problem('request-malformed'));
}

/** `application/x-www-form-urlencoded`, for a sender that is no page of ours. */
export async function readFormBody(
  route: { readonly body: z.ZodType },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Result<unknown, Problem>> {
  const read = await readText(request, response);
  if (!read.ok) return read;
  const params = new URLSearchParams(read.value);
  const values = Object.fromEntries(params);
  if (params.size !== Object.keys(values).length) return err(problem('request-malformed'));
  return checked(route.body, values);
}

const FORM_TYPE = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/iu;

export const hasFormType = ({ headers }: IncomingMessage): boolean =>
  FORM_TYPE.test(headers['content-type'] ?? '');

/** A page of another site can send forms and plain text without asking; JSON it cannot. */
export const hasJsonType = ({ headers }: IncomingMessage): boolean =>
  JSON_TYPE.test(headers['content-type'] ?? '');

function utf8Of(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // Not UTF-8, so not JSON (RFC 8259 section 8.1).
    return null;
  }
}

function checked(schema: z.ZodType, value: unknown): Result<unknown, Problem> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  return err(refused(parsed.error.issues.flatMap(fieldProblems)));
}

const refused = (errors: readonly FieldProblem[]): Problem => ({
  reason: 'request-malformed',
  errors: errors.slice(0, ERRORS_MAX),
});

/** The texts of zod may quote what was sent. These are constant. */
const ISSUES: Readonly<Record<string, string>> = {
  invalid_type: 'It is missing or of another type.',
  too_big: 'It is too large or too long.',
  too_small: 'It is too small or too short.',
  invalid_format: 'It does not have the form that is needed.',
  unrecognized_keys: 'This field is not known here.',
  custom: 'It is not a value that is allowed here.',
};

function fieldProblems(issue: z.core.$ZodIssue): readonly FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownField([...path, key].join('.')));
  }
  return [{ field: fieldText(path.join('.')), problem: wordsOf(issue) }];
}

/** What to write, where the schema says it: in words of its author, or by the names that it knows. */
function wordsOf(issue: z.core.$ZodIssue): string {
  const constant = ISSUES[issue.code] ?? 'It is not valid.';
  if (issue.code === 'invalid_value') return `It is none of: ${issue.values.join(', ')}.`;
  // Only these two carry a text of ours; where we wrote none, zod's own begins so.
  const isOurs = issue.code === 'custom' || issue.code === 'invalid_format';
  return isOurs && !issue.message.startsWith('Invalid') ? issue.message : constant;
}

const unknownField = (path: string): FieldProblem => ({
  field: fieldText(path),
  problem: 'This field is not known here.',
});

/** A name that was sent is repeated only where it can be nothing but a name. */
const fieldText = (path: string): string => {
  if (path === '') return 'body';
  return /^[A-Za-z0-9_.-]{1,128}$/u.test(path) ? path : '?';
};
