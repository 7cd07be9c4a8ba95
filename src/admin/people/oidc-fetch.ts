/**
 * What the OpenID Connect library opens connections with: the client whose addresses are checked,
 * whose redirects are not followed, and whose answers have a deadline and a cap. The library never
 * reaches the network by itself.
 */
import type { CustomFetch } from 'openid-client';

import type { JsonClient } from '#gateway/json-client.ts';

const headerOf = (headers: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];

export const oidcFetch =
  (client: Pick<JsonClient, 'ask'>): CustomFetch =>
  async (url, { method, headers, body }) => {
    const form =
      body instanceof URLSearchParams
        ? body
        : typeof body === 'string'
          ? new URLSearchParams(body)
          : undefined;
    // What the client cannot send is not sent in part.
    if ((method === 'POST') !== (form !== undefined)) throw new Error('not a form');
    const authorization = headerOf(headers, 'authorization');
    const document = await client.ask({
      url: new URL(url),
      ...(form !== undefined && { form }),
      ...(authorization !== undefined && { authorization }),
    });
    // Everything but a 2xx of JSON has thrown.
    return Response.json(document);
  };
