/** How the answer of a route leaves: as JSON of the declared shape, as a file of a declared type, or as nothing. */
import type { ServerResponse } from 'node:http';

import { InvariantViolation } from '#stdx/assert.ts';

import { send, sendFile } from './answer.ts';
import type { AdminRoute, Reply } from './route.ts';

/**
 * An answer that is not of its declared shape is our bug and is not sent: the field that is too much
 * may be a secret.
 */
export function sendReply(response: ServerResponse, route: AdminRoute, reply: Reply): void {
  const { version, location, cookies } = reply;
  const headers = {
    ...(cookies !== undefined && { 'set-cookie': [...cookies] }),
    ...(typeof version === 'number' && { etag: `"${version}"` }),
    ...(location !== undefined && { location }),
  };
  if (route.response === null || route.response === 'events') {
    response.writeHead(route.status, headers).end();
    return;
  }
  if (reply.file !== undefined) {
    if (route.files?.includes(reply.file.type) !== true)
      throw new InvariantViolation(`the answer of ${route.path} is not as declared`);
    sendFile(response, reply.file);
    return;
  }
  const body = route.response.safeParse(reply.body);
  if (!body.success) throw new InvariantViolation(`the answer of ${route.path} is not as declared`);
  const text = JSON.stringify(body.data);
  send(response, { status: route.status, type: 'application/json', body: text, headers });
}
