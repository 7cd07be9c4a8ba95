/** An administrator of a house: the one-time token exchanged, and the API asked as people ask it. */
import assert from 'node:assert/strict';

import { addPerson, browserHeaders } from '#admin/people/people.contract.ts';
import type { Peppers } from '#config/peppers.ts';
import type { Storage } from '#storage/storage.ts';

import { bearer, type House } from './house.ts';

export interface Told {
  readonly status: number;
  readonly etag: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Admin {
  readonly token: string;
  /** `etag`: of what was read, for writes that need it. */
  readonly ask: (method: string, path: string, body?: unknown, etag?: string) => Promise<Told>;
  /** Asks, and the answer must be one that did it. */
  readonly done: Admin['ask'];
}

/** One request of the API: what was asked, and by whom. `etag`: of what was read. */
export async function askAdmin(
  { url, token }: { readonly url: string; readonly token: string },
  [method, path, body]: readonly [method: string, path: string, body?: unknown],
  etag?: string,
): Promise<Told & { readonly retryAfter: string | null }> {
  const response = await fetch(`${url}/admin/v1/${path}`, {
    method,
    headers: {
      ...bearer(token),
      'content-type': 'application/json',
      ...(etag !== undefined && { 'if-match': etag }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const { status, headers } = response;
  const text = await response.text();
  const read = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const retryAfter = headers.get('retry-after');
  return { status, etag: headers.get('etag') ?? '', body: read, retryAfter };
}

export async function openAdmin(house: House): Promise<Admin> {
  const asking =
    (token: string): Admin['ask'] =>
    (method, path, body, etag) =>
      askAdmin({ url: house.adminUrl, token }, [method, path, body], etag);
  const opened = await asking(house.running.adminToken ?? '')('POST', 'sessions', {});
  assert.ok(opened.status < 300, JSON.stringify(opened.body));
  const token = String(opened.body['token']);
  const ask = asking(token);
  const done: Admin['done'] = async (...asked) => {
    const told = await ask(...asked);
    assert.ok(told.status < 300, `${asked[0]} ${asked[1]}: ${JSON.stringify(told.body)}`);
    return told;
  };
  return { token, ask, done };
}

/**
 * Somebody else, with an account and a session as a browser holds one: the headers of their writes. A
 * second token would be of the same hand.
 */
export async function personHeaders(
  adminUrl: string,
  place: { readonly storage: Storage; readonly peppers: Peppers },
): Promise<Record<string, string>> {
  const { session } = await addPerson({ ...place, nowMs: Date.now() });
  return browserHeaders(session, Number(new URL(adminUrl).port));
}

/** Two administrators of a gateway in a process of its own: the one-time token, exchanged. */
export async function adminTokensOf(
  adminUrl: string,
  oneTime: string,
): Promise<{ readonly token: string; readonly second: string }> {
  const made = async (path: string, bearer: string, body: unknown): Promise<string> => {
    const answer = await fetch(`${adminUrl}/admin/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.status < 300, text);
    return String((JSON.parse(text) as Record<string, unknown>)['token']);
  };
  const token = await made('sessions', oneTime, {});
  return { token, second: await made('admin-tokens', token, { role: 'platform-admin' }) };
}
