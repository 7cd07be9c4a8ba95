/** Bytes on a socket, for requests that no client library would send. */
import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

/** Sends the pieces, with waits between them, and reads until the other side closes or `waitMs`. */
export function raw(
  url: string,
  pieces: readonly (string | Buffer | number)[],
  waitMs = 3_000,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const startMs = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let text = '';
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(text)?.[1] ?? 0);
      resolve({ status, text, ms: performance.now() - startMs });
    };
    const timer = setTimeout(finish, waitMs);
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1');
      // One whole answer without a body to come is enough.
      if (/\r\n\r\n/u.test(text) && isComplete(text)) finish();
    });
    socket.on('close', finish);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') finish();
      else reject(error);
    });
    const write = async (): Promise<void> => {
      for (const piece of pieces) {
        if (typeof piece === 'number') await new Promise((next) => setTimeout(next, piece));
        else if (socket.writable) socket.write(piece);
      }
    };
    socket.on('connect', () => {
      write().catch(reject);
    });
  });
}

function isComplete(text: string): boolean {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const length = /content-length: (\d+)/iu.exec(head)?.[1];
  return length !== undefined && rest.join('\r\n\r\n').length >= Number(length);
}

export const request = (target: string, headers: readonly string[] = [], method = 'GET'): string =>
  [`${method} ${target} HTTP/1.1`, 'host: 127.0.0.1', ...headers, '', ''].join('\r\n');
