/** A mail as it is sent (RFC 5322): ASCII, CRLF, and headers that nobody can add to. */
import { assert } from '#stdx/assert.ts';

export interface Mail {
  /** The same on every attempt, so that readers and servers can tell. */
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly title: string;
  readonly lines: readonly string[];
  readonly atMs: number;
}

/** RFC 5322 section 2.1.1. */
const LINE_CHARS_MAX = 998;

export function mailOf({ id, from, to, title, lines, atMs }: Mail): string {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const head = [
    `From: LLMProxy <${from}>`,
    `To: ${to.join(', ')}`,
    `Subject: ${title}`,
    `Date: ${new Date(atMs).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@${domain}>`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    // RFC 3834: nobody answers a machine.
    'Auto-Submitted: auto-generated',
  ];
  for (const line of head) assert(!/[\r\n]/u.test(line), 'a header is one line');
  return [...head, '', ...lines, ''].map(plain).join('\r\n');
}

/** Names of ours are ASCII; what is not is shown as such. */
const plain = (line: string): string =>
  line.replaceAll(/[^\x20-\x7e]/gu, '?').slice(0, LINE_CHARS_MAX);
