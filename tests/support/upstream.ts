/** A provider that does what a test tells it, and remembers what it was sent. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Seen {
  readonly path: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly json: Record<string, unknown>;
  readonly atMs: number;
  /** Resolves when our side of the connection is gone. */
  readonly closed: Promise<void>;
}

export type Script = (seen: Seen, response: ServerResponse, socket: Socket) => void | Promise<void>;

export interface Upstream {
  readonly url: string;
  readonly seen: Seen[];
  script: Script;
  readonly sockets: ReadonlySet<Socket>;
  readonly close: () => Promise<void>;
}

export const sse = (data: unknown, event?: string): string =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;

export const chunk = (content: string, finish: string | null = null): string =>
  sse({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: content === '' ? {} : { content }, finish_reason: finish }],
  });

export const completion = (content: string, more: object = {}): object => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  ...more,
});

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: object = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** The ordinary script: answers whole or streamed, as it is asked. */
export const answering =
  (content: string): Script =>
  (seen, response) => {
    if (seen.json['stream'] !== true) {
      json(response, 200, completion(content));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const word of content.split(/(?<= )/u)) response.write(chunk(word));
    response.write(chunk('', 'stop'));
    response.write(
      sse({
        id: 'c',
        object: 'chat.completion.chunk',
        created: 1,
        model: 'm',
        choices: [],
        usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
      }),
    );
    response.end('data: [DONE]\n\n');
  };

export async function openUpstream(script: Script = answering('fine')): Promise<Upstream> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const upstream = { script } as { script: Script };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (data: Buffer) => chunks.push(data));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const closed = new Promise<void>((resolve) => response.once('close', () => resolve()));
      const one: Seen = {
        path: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body,
        json: body.startsWith('{') ? (JSON.parse(body) as Record<string, unknown>) : {},
        atMs: performance.now(),
        closed,
      };
      seen.push(one);
      Promise.resolve(upstream.script(one, response, request.socket)).catch(() =>
        request.socket.destroy(),
      );
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${port}/v1`,
    seen,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  });
}

/** A configuration with this upstream behind the alias `demo`. */
export const upstreamYaml = (
  upstream: Pick<Upstream, 'url'>,
  more = '',
  type = 'openai',
): string => `
providers:
  local: { type: ${type}, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true${more} }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: []
`;

export const UPSTREAM_ENV = { UPSTREAM_KEY: ['upstream', 'canary', 'k3yk3yk3y'].join('-') };
