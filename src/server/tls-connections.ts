/**
 * Which connections were made before certificates or revocation lists were renewed. What they have
 * proven counts no more: an answer under way may finish, and nothing else is served on them.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Connection {
  readonly generation: number;
  readonly open: Set<ServerResponse>;
}

export class TlsConnections {
  #generation = 0;
  /** Connections whose handshake is not over. It checks by the lists of when it began. */
  readonly #handshakes = new Map<string, number>();
  readonly #secured = new Map<Socket, Connection>();

  /** The handshake begins. The socket is not yet the one that requests will name. */
  begin(raw: Socket): void {
    const name = nameOf(raw);
    this.#handshakes.set(name, this.#generation);
    raw.once('close', () => this.#handshakes.delete(name));
  }

  secure(socket: Socket): void {
    // One that is not known here is as old as can be.
    const name = nameOf(socket);
    const generation = this.#handshakes.get(name) ?? -1;
    this.#handshakes.delete(name);
    this.#secured.set(socket, { generation, open: new Set() });
    socket.once('close', () => this.#secured.delete(socket));
  }

  /** From now on, all that there are are old. */
  renew(): void {
    this.#generation += 1;
    for (const { open } of this.#secured.values()) {
      for (const response of open) {
        if (!response.headersSent) response.setHeader('connection', 'close');
      }
    }
  }

  /** Whether the request may be served. The connection of an answer that has become old is ended. */
  enter(socket: Socket, response: ServerResponse): boolean {
    const connection = this.#secured.get(socket);
    if (connection === undefined) return false;
    const { generation, open } = connection;
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (generation !== this.#generation && open.size === 0) socket.end();
    });
    return generation === this.#generation;
  }
}

/** Both ends, since a listener may have many addresses; its port is one. */
const nameOf = ({ localAddress, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${remoteAddress} ${remotePort}`;
