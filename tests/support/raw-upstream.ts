/** A provider that writes bytes: whatever no HTTP server would send. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawUpstream {
  readonly url: string;
  /** Bodies of the requests, in order. */
  readonly bodies: string[];
  readonly sockets: ReadonlySet<Socket>;
  script: RawScript;
  readonly close: () => Promise<void>;
}

/** Called once a whole request has come; `index` counts requests over all sockets. */
export type RawScript = (socket: Socket, body: string, index: number) => void | Promise<void>;

export async function openRawUpstream(script: RawScript): Promise<RawUpstream> {
  const bodies: string[] = [];
  const sockets = new Set<Socket>();
  const upstream: { script: RawScript } = { script };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let pending = '';
    socket.on('data', (data: Buffer) => {
      pending += data.toString('latin1');
      for (;;) {
        const headEnd = pending.indexOf('\r\n\r\n');
        if (headEnd === -1) return;
        const length = Number(/content-length: (\d+)/iu.exec(pending.slice(0, headEnd))?.[1] ?? 0);
        if (pending.length < headEnd + 4 + length) return;
        const body = pending.slice(headEnd + 4, headEnd + 4 + length);
        pending = pending.slice(headEnd + 4 + length);
        bodies.push(body);
        Promise.resolve(upstream.script(socket, body, bodies.length - 1)).catch(() =>
          socket.destroy(),
        );
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(upstream, {
    url: `http://127.0.0.1:${port}/v1`,
    bodies,
    sockets,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  });
}

export const chunked = (text: string): string =>
  `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

export const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';

export const wholeAnswer = (body: string, more = ''): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
