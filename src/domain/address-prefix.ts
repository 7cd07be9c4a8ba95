/** What counts as one stranger among addresses. */
import { Lru } from '#stdx/lru.ts';

/** Every call asks for the one of its caller, and callers come again. */
const known = new Lru<string, string>(8_192);

/**
 * `/32` of an IPv4 address, `/64` of an IPv6 one: a host on IPv6 has 2^64 addresses and would pass
 * for as many strangers. An IPv4 address in IPv6 clothes counts as what it is.
 */
export function prefixOf(ip: string): string {
  const before = known.get(ip);
  if (before !== undefined) return before;
  const prefix = workedOut(ip);
  known.set(ip, prefix);
  return prefix;
}

function workedOut(ip: string): string {
  const mapped = /^::ffff:(?<v4>\d{1,3}(?:\.\d{1,3}){3})$/iu.exec(ip)?.groups?.['v4'] ?? ip;
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/u.test(mapped)) return `${mapped}/32`;
  if (!/^[\da-f:.]{2,45}(?:%.{0,15})?$/iu.test(ip)) return 'other';
  const [head = '', tail] = (ip.toLowerCase().split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
