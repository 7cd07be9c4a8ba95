/** How an answer of the admin listener is written: the same headers on every one of them. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import { type Problem, problemDocument } from './problem.ts';
import type { ReplyFile } from './route.ts';

/**
 * Only this listener's own files run, and nothing may frame them. Trusted Types make every way of
 * turning a string into markup throw, so that a stored name can never become a script.
 */
const CSP = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const FILE_CSP = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";

export function setHeaders(response: ServerResponse, requestId: string): void {
  response.setHeader('content-security-policy', CSP);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-request-id', requestId);
}

/**
 * A body that nobody read to its end is not waited for: the answer says that the connection ends,
 * and the socket goes once the answer had time to arrive.
 */
function closeUnread(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length = '0', 'transfer-encoding': transfer } = request.headers;
  const isBodyless = length === '0' && transfer === undefined;
  if (isBodyless || request.complete) return;
  response.setHeader('connection', 'close');
  response.once('finish', () => {
    request.pause();
    setTimeout(() => request.socket.destroy(), 250).unref();
  });
}

export interface Whole {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

export function send(response: ServerResponse, { status, type, body, headers }: Whole): void {
  if (response.destroyed || response.headersSent) return;
  closeUnread(response.req, response);
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { 'content-type': type, 'content-length': length, ...headers });
  response.end(body);
}

/**
 * A file to keep. Should a browser show it after all, nothing in it runs, it is of no origin of ours, and it
 * asks nobody for anything.
 */
export function sendFile(response: ServerResponse, { name, type, text }: ReplyFile): void {
  response.setHeader('content-security-policy', FILE_CSP);
  send(response, {
    status: 200,
    type: `${type}; charset=utf-8`,
    body: text,
    headers: { 'content-disposition': `attachment; filename="${name}"` },
  });
}

export function sendProblem(
  response: ServerResponse,
  problem: Problem,
  requestId: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const document = problemDocument(problem, requestId);
  const { retryMs } = problem;
  const extra = {
    ...(document.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(retryMs !== undefined && { 'retry-after': String(Math.ceil(retryMs / 1_000)) }),
  };
  send(response, {
    status: document.status,
    type: 'application/problem+json',
    body: JSON.stringify(document),
    headers: { ...headers, ...extra },
  });
}
