/**
 * The dashboard's files, by the names that the folder had at start. A request chooses among those
 * names and never makes a path of its own, so there is nothing to traverse. The files are read at
 * start and held: what is served cannot be changed under a running gateway.
 */
import fs from 'node:fs';
import { extname, join, sep } from 'node:path';

export interface SiteFile {
  readonly type: string;
  readonly body: Buffer;
  readonly cacheControl: string;
}

export interface Site {
  /** The file of a canonical path, the page itself for a path that names none, or null. */
  file(path: string): SiteFile | null;
}

const FILES_MAX = 500;
const BYTES_MAX = 32 * 1_024 * 1_024;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
};

/** Their names hold a hash of what is in them, so they never change. */
const FOREVER = 'public, max-age=31536000, immutable';

const NOT_BUILT: SiteFile = {
  type: 'text/plain; charset=utf-8',
  body: Buffer.from(
    'The dashboard is not built. Run `npm run build` in the checkout and start again.\n' +
      'The admin API works without it: /admin/openapi.json describes it.\n',
  ),
  cacheControl: 'no-store',
};

/** A file of the dashboard: in a folder, or inside the program. */
export interface NamedFile {
  /** Below the folder, with `/`. */
  readonly name: string;
  read(): Buffer;
}

export function readSite(named: readonly NamedFile[]): Site {
  const files = new Map<string, SiteFile>();
  let bytes = 0;
  for (const file of named) {
    const { name } = file;
    const type = TYPES[extname(name)];
    if (type === undefined || files.size >= FILES_MAX) continue;
    const body = file.read();
    bytes += body.length;
    if (bytes > BYTES_MAX) break;
    const path = `/${name}`;
    files.set(path, {
      type,
      body,
      cacheControl: path.startsWith('/assets/') ? FOREVER : 'no-cache',
    });
  }
  const page = files.get('/index.html') ?? NOT_BUILT;
  return {
    file(path) {
      const exact = files.get(path);
      if (exact !== undefined) return exact;
      // A name with a dot asks for a file; everything else is a place in the one page.
      return path.includes('.') ? null : page;
    },
  };
}

/** Plain files, links not followed: a link could lead out of the folder. */
export function filesOf(webDir: string): readonly NamedFile[] {
  try {
    return fs
      .readdirSync(webDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(webDir, sep).length))
      .sort()
      .map((name) => ({
        name: name.split(sep).join('/'),
        read: () => fs.readFileSync(join(webDir, name)),
      }));
  } catch {
    // No folder: the page says how to make it.
    return [];
  }
}
