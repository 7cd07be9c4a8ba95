/**
 * The admin API, as the dashboard calls it. A token is an argument and lives in memory alone: it
 * is in no storage that another script, another tab or the next user of this machine could read. A
 * session is a cookie that this page cannot read; its writes carry the token of the session.
 */
import type { FieldProblem } from '../../src/admin/contract.ts';

import type { Operations } from './admin-operations.ts';
import { isRecord } from './is-record.ts';
import { t } from './messages/message.ts';

/** A call that hangs must not leave the page waiting for ever. */
const DEADLINE_MS = 10_000;

interface Told {
  readonly detail: string | null;
  readonly requestId: string | null;
  readonly errors: readonly FieldProblem[];
}

const NOTHING_TOLD: Told = { detail: null, requestId: null, errors: [] };

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly requestId: string | null;
  /** What is wrong with which field, in constant words. */
  readonly errors: readonly FieldProblem[];

  constructor(status: number, message: string, told: Told = NOTHING_TOLD) {
    super(message);
    this.status = status;
    this.requestId = told.requestId;
    this.errors = told.errors;
  }
}

/** `GET /keys`: a method, and a path below `/admin/v1`. */
export type Operation = keyof Operations;
export type AnswerOf<O extends Operation> = Operations[O]['answer'];

/** What an operation takes, and must be given. */
export type RequestOf<O extends Operation> = (Operations[O]['params'] extends null
  ? object
  : { readonly params: Operations[O]['params'] }) &
  (Operations[O]['query'] extends null ? object : { readonly query?: Operations[O]['query'] }) &
  (Operations[O]['body'] extends null ? object : { readonly body: Operations[O]['body'] }) &
  (Operations[O]['isVersioned'] extends true ? { readonly version: number } : object) & {
    readonly signal?: AbortSignal;
  };

export type Call = <O extends Operation>(
  operation: O,
  request: RequestOf<O>,
) => Promise<AnswerOf<O>>;

/**
 * The answer as it comes: a stream of events, a file. Its head is waited for as long as any answer; the rest
 * has the time that `signal` gives it.
 */
export type Open = <O extends Operation>(operation: O, request: RequestOf<O>) => Promise<Response>;

export interface Reach {
  readonly call: Call;
  readonly open: Open;
}

/** The same, as it is read here: which members there are, the type of the operation has said. */
interface Request {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly version?: number;
  readonly signal?: AbortSignal;
}

function addressOf(path: string, { params = {}, query = {} }: Request): URL {
  const filled = path.replace(/\{(\w+)\}/gu, (_all, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  );
  // Addresses are relative to the page, so a path prefix does no harm.
  const url = new URL(`admin/v1${filled}`, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

/** Calls with a token, and no cookie beside it: two credentials are ambiguous. */
export const reachWith = (token: string): Reach =>
  reaching({ authorization: `Bearer ${token}` }, 'omit');

/** Calls with the session that this browser has, if it has one. */
export const reachWithSession = (csrfToken: string | null): Reach =>
  reaching(csrfToken === null ? {} : { 'x-csrf-token': csrfToken }, 'same-origin');

/** When somebody last touched this page: what it reads by itself after that keeps no session alive. */
let touchedMs = Date.now();
const TOUCH_MS = 60_000;
for (const event of ['pointerdown', 'keydown']) {
  window.addEventListener(event, () => {
    touchedMs = Date.now();
  });
}

function reaching(credential: Record<string, string>, credentials: RequestCredentials): Reach {
  const sent = async (operation: Operation, request: object, deadline: AbortSignal) => {
    // The members that it may have are those of its type; which of them, each operation says.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const { body, version, signal, ...place } = request as Request;
    const [method = 'GET', path = ''] = operation.split(' ');
    const headers = new Headers(credential);
    if (Date.now() - touchedMs > TOUCH_MS) headers.set('x-llmproxy-background', '1');
    if (method === 'POST' || method === 'PATCH') headers.set('content-type', 'application/json');
    if (version !== undefined) headers.set('if-match', `"${version}"`);
    const response = await answered(addressOf(path, place), {
      method,
      headers,
      credentials,
      cache: 'no-store',
      redirect: 'error',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await problemOf(response);
    return response;
  };
  return {
    async call<O extends Operation>(operation: O, request: RequestOf<O>): Promise<AnswerOf<O>> {
      const response = await sent(operation, request, AbortSignal.timeout(DEADLINE_MS));
      // What the gateway sends is checked there against the same contract that names the answer here, so it
      // is not checked twice.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return (response.status === 204 ? null : await response.json()) as AnswerOf<O>;
    },
    async open(operation, request) {
      const late = new AbortController();
      const timer = setTimeout(() => late.abort(), DEADLINE_MS);
      try {
        return await sent(operation, request, late.signal);
      } catch (thrown) {
        if (late.signal.aborted) throw new ApiProblem(0, SILENT);
        throw thrown;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

const SILENT = t('The gateway does not answer. Is it running, and can it be reached?');

async function answered(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw new ApiProblem(0, SILENT);
  }
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const told = await toldBy(response);
  // Without words of ours, something between the page and the gateway answered.
  const message =
    told.detail ?? t('Something answered {status} without words.', { status: response.status });
  return new ApiProblem(response.status, message, told);
}

/** What a problem document says; nothing where the answer is no such document. */
async function toldBy(response: Response): Promise<Told> {
  try {
    const value: unknown = JSON.parse(await response.text());
    if (!isRecord(value)) return NOTHING_TOLD;
    const { errors } = value;
    return {
      detail: textIn(value, 'detail'),
      requestId: textIn(value, 'requestId'),
      errors: (Array.isArray(errors) ? errors : []).filter(isRecord).map((one) => ({
        field: textIn(one, 'field') ?? '',
        problem: textIn(one, 'problem') ?? '',
      })),
    };
  } catch {
    // Not JSON, so not ours.
    return NOTHING_TOLD;
  }
}

function textIn(value: Readonly<Record<string, unknown>>, name: string): string | null {
  const text = value[name];
  return typeof text === 'string' ? text : null;
}

/** What went wrong, with what is needed to find it in the log. */
export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof ApiProblem)) return t('Something failed in this page.');
  const fields = thrown.errors
    .map(({ field, problem }) => (problem === thrown.message ? field : `${field}: ${problem}`))
    .join(' ');
  const id =
    thrown.requestId === null ? '' : t(' Request {requestId}.', { requestId: thrown.requestId });
  return `${thrown.message}${fields === '' ? '' : ` (${fields})`}${id}`;
}
