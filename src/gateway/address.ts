/**
 * Which addresses a provider may have. A name that an operator wrote can resolve to anything, now or
 * later (DNS rebinding), so every address is checked when it is resolved and again after connecting.
 *
 * Ranges: IANA special-purpose address registries (RFC 6890 and successors), as of 2026-11.
 */
import { BlockList, isIP } from 'node:net';

const SPECIAL_V4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // not in the registries: the host of every machine of Azure
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const SPECIAL_V6: readonly [string, number][] = [
  ['::', 127], // unspecified and loopback
  ['64:ff9b::', 96], // NAT64: an IPv4 address in disguise
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: an IPv4 address in disguise
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_V4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_V6) special.addSubnet(network, prefix, 'ipv6');

const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');
MAPPED.addSubnet('::', 96, 'ipv6');

/** Whether an address is on the public internet. Text that is no address is not. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/gu, '').replace(/%.*$/u, '');
  const family = isIP(bare);
  if (family === 4) return !special.check(bare, 'ipv4');
  // A mapped or embedded IPv4 address has no business in a name server's answer.
  return family === 6 && !special.check(bare, 'ipv6') && !MAPPED.check(bare, 'ipv6');
}

/**
 * Where clouds give a machine its own credentials, to whoever asks from it: AWS, Azure, Google and others
 * (169.254.169.254), containers and pods of AWS, Alibaba, Oracle, Tencent, and the host of machines of Azure,
 * which gives them their certificates. No model runs there, so an operator who allows private addresses
 * does not mean these, and a name that moves there is an attack.
 */
const CREDENTIALS = [
  ['169.254.169.254', 'a9fe:a9fe'],
  ['169.254.170.2', 'a9fe:aa02'],
  ['169.254.170.23', 'a9fe:aa17'],
  ['100.100.100.200', '6464:64c8'],
  ['192.0.0.192', 'c000:c0'],
  ['169.254.0.23', 'a9fe:17'],
  ['168.63.129.16', 'a83f:8110'],
] as const;

const credentials = new BlockList();
for (const [address, low] of CREDENTIALS) {
  credentials.addAddress(address, 'ipv4');
  for (const disguise of [`::ffff:${low}`, `::${low}`, `64:ff9b::${low}`])
    credentials.addAddress(disguise, 'ipv6');
}
for (const address of ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254'])
  credentials.addAddress(address, 'ipv6');

export function isCredentialAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/gu, '').replace(/%.*$/u, '');
  const family = isIP(bare);
  return family !== 0 && credentials.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}
