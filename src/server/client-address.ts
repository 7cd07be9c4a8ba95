/**
 * Whose address limits and records count by: the socket's, unless the operator named the peer as a
 * proxy; then the rightmost address of `x-forwarded-for` that is not a trusted proxy itself. What
 * stands further left was written by whoever called, and says nothing.
 */
import { BlockList, isIP } from 'node:net';

export type ClientAddress = (socketAddress: string, rawHeaders: readonly string[]) => string;

/** `proxies`: addresses and CIDR ranges. The schema has checked their form. */
export function clientAddressOf(proxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const proxy of proxies) {
    const [network = '', prefix] = proxy.split('/');
    const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) trusted.addAddress(network, family);
    else trusted.addSubnet(network, Number(prefix), family);
  }
  const isTrusted = (address: string): boolean => {
    const family = isIP(address);
    return family !== 0 && trusted.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
  return (socketAddress, rawHeaders) => {
    const peer = plain(socketAddress);
    if (proxies.length === 0 || !isTrusted(peer)) return peer;
    const hops = forwardedFor(rawHeaders);
    for (const hop of hops.reverse()) {
      const address = plain(hop.trim());
      // A hop that is no address ends what can be believed.
      if (isIP(address) === 0) return peer;
      if (!isTrusted(address)) return address;
    }
    return peer;
  };
}

/** Node gives IPv4 peers of a dual-stack socket as mapped IPv6. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/u, '');

function forwardedFor(rawHeaders: readonly string[]): string[] {
  const hops: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === 'x-forwarded-for') {
      hops.push(...(rawHeaders[index + 1] ?? '').split(','));
    }
  }
  return hops;
}
