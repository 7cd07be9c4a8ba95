/**
 * Where the files of the program itself are: in a checkout, in the npm package, or inside the single
 * binary. Nothing here is named by a caller or a configuration.
 */
import { basename, join } from 'node:path';
import { getAsset, isSea } from 'node:sea';

import { type NamedFile, filesOf } from '#admin/site.ts';

/** The threads that the program starts. Each is a file of its own, in a package too. */
export type ThreadName =
  | 'audit/verify-thread'
  | 'audit-index/index-thread'
  | 'classifier/classifier-thread';

export interface ThreadCode {
  readonly code: string | URL;
  /** Of `new Worker`: the code is text, as it is inside the binary, and not the name of a file. */
  readonly eval: boolean;
}

/** Node runs a checkout as it is; what is built is JavaScript. */
const isCheckout = (): boolean => import.meta.url.endsWith('.ts');

/**
 * In the binary the text comes out of the executable that runs already: whoever can change it there
 * can change the program. It is compiled as a script of its own, so that code from strings stays off.
 */
export function threadCode(name: ThreadName): ThreadCode {
  if (isSea()) return { code: getAsset(`threads/${basename(name)}.cjs`, 'utf8'), eval: true };
  const file = isCheckout() ? `./${name}.ts` : `./${basename(name)}.js`;
  return { code: new URL(file, import.meta.url), eval: false };
}

/** The dashboard as it was built; none where it was not. */
export function dashboardFiles(): readonly NamedFile[] {
  if (isSea()) return embeddedFiles();
  const root = join(import.meta.dirname, ...(isCheckout() ? ['..', '..'] : ['..']));
  return filesOf(join(root, 'web', 'dist'));
}

function embeddedFiles(): readonly NamedFile[] {
  return getAsset('web.txt', 'utf8')
    .split('\n')
    .filter((name) => name !== '')
    .map((name) => ({ name, read: () => Buffer.from(getAsset(`web/${name}`)) }));
}
