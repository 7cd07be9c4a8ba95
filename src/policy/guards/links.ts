/**
 * Finds addresses that lead to hosts the operator did not name.
 *
 * The usual way out for stolen text is an image in an answer: the chat window fetches it, and the
 * text travels in the address (EchoLeak and its kin). A detector of wording cannot see that; a list
 * of hosts can. An address is certain as soon as its host is, and runs on to its end, however long.
 */
import { z } from 'zod';

import { defineGuard, type Finding, LEFT_CONTEXT_CHARS, type Scan } from './guard.ts';

/** Scheme, user info and host: what is read until the host is known. */
const HEAD_CHARS_MAX = 1_024;

const host = z.string().regex(/^(?:\*\.)?[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/u, {
  error: 'write a host name in lower case: docs.example.com, or *.example.com for all below it',
});

const config = z.strictObject({
  allow: z
    .array(host)
    .max(1_000)
    .default([])
    .meta({ description: 'Hosts that answers may point to; `*.example.com` for all below one.' }),
});

/**
 * Where an address may begin: a scheme, `www.`, or slashes in markup (in prose and code those are a
 * comment). Browsers read `https:/x`, `https:\\x`, `https:x` and `https://⏎x` as they read `https://x`,
 * Markdown drops the escape of `https\:`, and both undo the entity of a colon.
 */
const COLON = String.raw`(?:\\?:|&#0*58;|&#x0*3a;|&colon;)`;
const SLASHES = String.raw`(?:[\\/]{2,16}[\t\r\n]{0,16}|[\\/]?)`;
const MARKUP = String.raw`(?<=(?:[("'=<]|\]:)\s?)`;
const START = new RegExp(
  String.raw`(?<![a-z0-9+-])(?:https?${COLON}${SLASHES}|[a-z][a-z0-9+-]{1,20}:\/\/|www\.)|${MARKUP}[\\/]{2,16}`,
  'giu',
);
/** What may yet become one of those. */
const BEGUN = new RegExp(
  String.raw`(?:(?<![a-z0-9+-])[a-z][a-z0-9+-]{0,20}(?:\\?(?::[\\/]*[\t\r\n]*)?|&[#a-z0-9]{0,12};?)?|${MARKUP}[\\/]+)$`,
  'iu',
);
/** More slashes or line ends than any honest address has: a browser skips them all, we stop counting. */
const GOES_ON = /[\\/\t\r\n]/u;
/** What ends an address in prose, Markdown and HTML. */
const RUNS_ON = /[^\s<>"'`)\]}|\\^]/u;
/**
 * What ends the authority for a browser. Quotes and brackets do not: before an `@` they are somebody's
 * name, and what follows the `@` is the host.
 */
const HEAD_ENDS = /[/?#\\\s<>]/u;
/**
 * What a host of somebody honest has of characters. Browsers take others too (`com!.evil.example` is a
 * name below `evil.example`): where a dot and a letter follow further on, all of it is the host.
 */
const HOST_RUN = /^[a-z0-9.:_\u00a1-\uffff%-]*/iu;

export const linksGuard = defineGuard({
  type: 'links',
  description: 'Links and images that lead to hosts which the operator did not name.',
  config,
  create({ allow }) {
    const hosts = new Set(allow.filter((name) => !name.startsWith('*.')));
    const below = allow.filter((name) => name.startsWith('*.')).map((name) => name.slice(1));
    const isAllowed = (name: string): boolean =>
      hosts.has(name) || below.some((suffix) => name.endsWith(suffix));
    return {
      type: 'links',
      detectors: [
        {
          takesTurns: true,
          scan: (text, from, isEnd) => scanLinks({ text, from, isEnd }, isAllowed),
        },
      ],
    };
  },
});

interface Piece {
  readonly text: string;
  readonly from: number;
  readonly isEnd: boolean;
}

function scanLinks({ text, from, isEnd }: Piece, isAllowed: (host: string) => boolean): Scan {
  const findings: Finding[] = [];
  let decidedTo = text.length;
  const first = Math.max(0, from - LEFT_CONTEXT_CHARS);
  START.lastIndex = first;
  for (let match = START.exec(text); match !== null; match = START.exec(text)) {
    const start = match.index;
    const head = headFrom(text, start + match[0].length);
    if (!isEnd && head === null) {
      decidedTo = Math.max(from, Math.min(decidedTo, start));
      break;
    }
    const end = head ?? text.length;
    const isForeign = leadsAway({ text, start, after: start + match[0].length, end }, isAllowed);
    if (start >= from && isForeign) {
      const category = isImage(text, start) ? 'foreign-image' : 'foreign-link';
      findings.push({ category, start, end: Math.max(end, start + 1), score: 1, runsOn: RUNS_ON });
    }
    START.lastIndex = Math.max(START.lastIndex, end);
  }
  return { findings, decidedTo: isEnd ? text.length : heldBack(text, from, decidedTo) };
}

interface Address {
  readonly text: string;
  readonly start: number;
  /** Where the authority begins and ends. */
  readonly after: number;
  readonly end: number;
}

function leadsAway(
  { text, start, after, end }: Address,
  isAllowed: (host: string) => boolean,
): boolean {
  // A name of somebody before the `@` may be of any length: what was not read to its end is no host.
  if (end - after >= HEAD_CHARS_MAX) return true;
  const begun = text.slice(start, after);
  if (end === after && GOES_ON.test(begun.slice(-1)) && GOES_ON.test(text.charAt(end))) return true;
  const name = hostOf(begun, text.slice(after, end));
  return name !== null && !isAllowed(name);
}

/** Where the host ends; null while more text could go on with it. */
function headFrom(text: string, at: number): number | null {
  const limit = Math.min(text.length, at + HEAD_CHARS_MAX);
  for (let index = at; index < limit; index += 1) {
    if (HEAD_ENDS.test(text.charAt(index))) return index;
  }
  return limit < text.length ? limit : null;
}

/** The host without user info and port, in lower case; null for what names none. */
function hostOf(start: string, head: string): string | null {
  const authority = head.slice(head.lastIndexOf('@') + 1);
  const run = HOST_RUN.exec(authority)?.[0] ?? '';
  const isLonger = /\.[a-z0-9%\u00a1-\uffff]/iu.test(authority.slice(run.length));
  const bare = (isLonger ? authority : run)
    .replace(/:\d{0,5}$/u, '')
    .replace(/[.,:_-]+$/u, '')
    .toLowerCase();
  if (bare === '') return null;
  return start.toLowerCase() === 'www.' ? `www.${bare}` : bare;
}

/** `![alt](` or `src="` before it: a window fetches it without anybody's click. */
const isImage = (text: string, start: number): boolean => {
  const before = text.slice(Math.max(0, start - LEFT_CONTEXT_CHARS), start);
  return /!\[[^\]]*\]\(\s*<?$|\bsrc\s*=\s*["']?$/iu.test(before);
};

/** The end of the text may be the beginning of an address: a scheme, a slash, `ww`. */
function heldBack(text: string, from: number, decidedTo: number): number {
  if (decidedTo < text.length) return decidedTo;
  const tail = BEGUN.exec(text.slice(-LEFT_CONTEXT_CHARS));
  return tail === null ? text.length : Math.max(from, text.length - tail[0].length);
}
