/**
 * A way to a server that can be cut as a network is: nothing is refused and nothing is closed, it only
 * does not come. What was sent meanwhile arrives when the way is whole again, as TCP sends it anew.
 */
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

type Direction = 'both' | 'answers';

export interface Way {
  readonly port: number;
  /** `answers`: the server still hears, and is not heard. */
  cut(direction: Direction): void;
  heal(): void;
  /** How many bytes the server was sent through it. */
  readonly sentBytes: () => number;
  close(): Promise<void>;
}

export async function openWay(toPort: number): Promise<Way> {
  const pairs = new Set<{ readonly near: Socket; readonly far: Socket }>();
  let isCut: Direction | null = null;
  let sentBytes = 0;
  const flow = (near: Socket, far: Socket): void => {
    if (isCut === 'both') near.pause();
    else near.resume();
    if (isCut === null) far.resume();
    else far.pause();
  };
  const server = createServer((near) => {
    const far = connect(toPort, '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (data) => {
      sentBytes += data.length;
      far.write(data);
    });
    far.on('data', (data) => near.write(data));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => one.destroy());
      one.on('close', () => {
        other.end();
        pairs.delete(pair);
      });
    }
    flow(near, far);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const set = (direction: Direction | null): void => {
    isCut = direction;
    for (const { near, far } of pairs) flow(near, far);
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut: set,
    heal: () => set(null),
    sentBytes: () => sentBytes,
    async close() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** The same address, by another port. */
export function through(url: string, { port }: Way): string {
  const changed = new URL(url);
  changed.port = `${port}`;
  return changed.href;
}
