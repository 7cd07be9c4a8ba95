/**
 * The base URL of a provider, checked when the configuration is read (SSRF): https, a plain host and
 * path, nothing that two URL parsers could read in two ways. Whether the address behind the name is
 * public is egress's question, asked when it connects.
 */
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';

const URL_CHARS_MAX = 512;

// No `@`, `\`, `%`, `?`, `#`, white space, control or non-ASCII character: each has made two parsers
// disagree about the host. An address of IPv6 stands in brackets.
const PLAIN_URL =
  /^https?:\/\/(?:[a-z0-9.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?(?:\/[A-Za-z0-9._~-]{1,128}){0,16}$/u;

export const baseUrlField = z
  .string()
  .max(URL_CHARS_MAX)
  .transform((url) => (url.endsWith('/') ? url.slice(0, -1) : url))
  .refine(
    isPlain,
    'write a plain URL: scheme, lower-case host, path; no credentials, query, fragment',
  )
  .meta({ description: "The API's base URL. https, unless `allowPrivateAddress` is set." });

/** A parser that changes the text (`/../`, `http://2130706433`, `:443`) has read another URL. */
function isPlain(url: string): boolean {
  if (!PLAIN_URL.test(url) || !URL.canParse(url)) return false;
  const { origin, pathname } = new URL(url);
  return url === (pathname === '/' ? origin : origin + pathname);
}

/** Plain http is for an operator's own network, and is asked for by name. */
export function requireHttps(baseUrl: string, allowPrivateAddress: boolean): void {
  if (baseUrl.startsWith('https://') || allowPrivateAddress) return;
  throw new ConfigProblem(['baseUrl'], 'must be https, unless `allowPrivateAddress: true` is set');
}
