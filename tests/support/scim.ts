/** An identity provider that provisions, as far as requests go. */
import assert from 'node:assert/strict';

import type { Admin } from './admin.ts';
import { bearer } from './house.ts';

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

export interface ScimTold {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Provider {
  readonly token: string;
  readonly ask: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<ScimTold>;
  readonly patch: (path: string, ...operations: object[]) => Promise<ScimTold>;
  /** Ids of those for whom a filter holds. */
  readonly found: (kind: 'Users' | 'Groups', filter: string) => Promise<string[]>;
}

/** With a provisioner's token of the tenant, made by an administrator. */
export async function openProvider(
  adminUrl: string,
  admin: Admin,
  tenant: string,
): Promise<Provider> {
  const made = await admin.done('POST', 'admin-tokens', { role: 'provisioner', tenant });
  const token = String(made.body['token']);
  const ask: Provider['ask'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${adminUrl}/scim/v2/${path}`, {
      method,
      headers: { ...bearer(token), 'content-type': 'application/scim+json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const read = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, headers: response.headers, text, body: read };
  };
  return {
    token,
    ask,
    patch: (path, ...Operations) => ask('PATCH', path, { schemas: [PATCH], Operations }),
    found: async (kind, filter) => {
      const listed = await ask('GET', `${kind}?filter=${encodeURIComponent(filter)}`);
      assert.equal(listed.status, 200, listed.text);
      return resourcesOf(listed).map((one) => String(one['id']));
    },
  };
}

export function resourcesOf({
  body,
  text,
}: ScimTold): readonly Readonly<Record<string, unknown>>[] {
  const { Resources: resources } = body;
  assert.ok(Array.isArray(resources), text);
  return resources as Record<string, unknown>[];
}
