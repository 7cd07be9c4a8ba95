/**
 * Whether an address lies in a network, in plain arithmetic: this room has no sockets to ask. What is
 * not an address is in no network and is an error, so that no condition is met by it.
 */
import { Lru } from '#stdx/lru.ts';

interface Network {
  readonly groups: readonly number[];
  readonly prefix: number;
}

const GROUPS = 8;
const GROUP_BITS = 16;
const V4_PREFIX = 96;
const ADDRESS_CHARS_MAX = 45;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/u;
/** Networks of conditions: texts of operators, few. */
const known = new Lru<string, Network>(1_024);

/** Eight groups of 16 bits; IPv4 as mapped IPv6, so that both spellings of one peer are one. */
function groupsOf(address: string): number[] | null {
  if (address.length > ADDRESS_CHARS_MAX) return null;
  if (!address.includes(':')) {
    const four = v4(address);
    return four === null ? null : [0, 0, 0, 0, 0, 0xffff, ...four];
  }
  const [head = '', tail, ...rest] = address.split('::');
  if (rest.length > 0) return null;
  const left = groupList(head, tail === undefined);
  const right = tail === undefined ? [] : groupList(tail, true);
  if (left === null || right === null) return null;
  const missing = GROUPS - left.length - right.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

/** `isEnd`: the last group may be written as IPv4 (RFC 4291 section 2.2). */
function groupList(text: string, isEnd: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (isEnd && index === parts.length - 1 && part.includes('.')) {
      const four = v4(part);
      if (four === null) return null;
      groups.push(...four);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/u.test(part)) return null;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups.length > GROUPS ? null : groups;
}

function v4(text: string): [number, number] | null {
  const parts = text.split('.');
  // A leading zero means octal to some parsers, so it is no address here.
  const isWritten = parts.length === 4 && parts.every((part) => PREFIX.test(part));
  const [a = 256, b = 256, c = 256, d = 256] = isWritten ? parts.map(Number) : [];
  return Math.max(a, b, c, d) > 255 ? null : [a * 256 + b, c * 256 + d];
}

/** Null: it is no network. A plain address is a network of one. */
function networkOf(text: string): Network | null {
  const [address = '', length, ...rest] = text.split('/');
  const groups = rest.length > 0 ? null : groupsOf(address);
  if (groups === null) return null;
  const isV4 = !address.includes(':');
  const bitsMax = isV4 ? 32 : 128;
  if (length !== undefined && (!PREFIX.test(length) || Number(length) > bitsMax)) return null;
  const bits = length === undefined ? bitsMax : Number(length);
  return { groups, prefix: isV4 ? V4_PREFIX + bits : bits };
}

export const isNetwork = (text: string): boolean => networkOf(text) !== null;

/** Null: the one is no address, or the other no network. */
export function isInNetwork(address: string, network: string): boolean | null {
  const { groups, prefix } = known.get(network) ?? remembered(network) ?? {};
  const own = groupsOf(address);
  if (groups === undefined || prefix === undefined || own === null) return null;
  for (let index = 0; index < GROUPS; index += 1) {
    const bits = Math.min(GROUP_BITS, Math.max(0, prefix - index * GROUP_BITS));
    const mask = (0xffff << (GROUP_BITS - bits)) & 0xffff;
    if ((((groups[index] ?? 0) ^ (own[index] ?? 0)) & mask) !== 0) return false;
  }
  return true;
}

function remembered(text: string): Network | null {
  const network = networkOf(text);
  if (network !== null) known.set(text, network);
  return network;
}
