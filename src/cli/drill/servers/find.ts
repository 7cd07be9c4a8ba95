/** Programs that a drill starts, where they are found on this machine. Nothing is installed. */
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Beside what is on the path: where packages put servers that nobody calls by name. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  postgres: ['/usr/lib/postgresql/*/bin/postgres', '/usr/pgsql-*/bin/postgres'],
};

/** The newest of a name; null: there is none. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    const onPath = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    const found = (PLACES[name] ?? [])
      .flatMap((pattern) => globSync(pattern))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .at(-1);
    const path = onPath ?? found;
    if (path !== undefined) return path;
  }
  return null;
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}
