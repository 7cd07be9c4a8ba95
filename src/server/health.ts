/** `/livez`, `/readyz` and `/metrics`: no credential, and without one nothing about any tenant. */
import type { ServerResponse } from 'node:http';

export interface Health {
  /** Null when ready; else the words for why not. */
  readonly unready: () => string | null;
  /** What is to be known though it is ready; null: nothing. */
  readonly note?: () => string | null;
  /** `isWhole`: by tenant, where it is counted so. */
  readonly metrics: (isWhole: boolean) => string;
}

export function answerHealth(
  path: string,
  response: ServerResponse,
  health: Health,
  isWhole = false,
): void {
  if (path === '/metrics') {
    answer(response, 200, health.metrics(isWhole), 'text/plain; version=0.0.4; charset=utf-8');
    return;
  }
  const why = path === '/readyz' ? health.unready() : null;
  const note = path === '/readyz' ? (health.note?.() ?? null) : null;
  const ok = note === null ? 'ok' : `ok (${note})`;
  const body = `${why ?? ok}\n`;
  answer(response, why === null ? 200 : 503, body, 'text/plain; charset=utf-8');
}

function answer(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
  });
  response.end(body);
}
