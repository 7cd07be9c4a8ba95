/** Callers who keep a connection each and ask without an end, and a gateway that is replaced under them. */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';

import type { GatewayFolder, GatewayProcess } from './gateway-process.ts';
import { chat } from './house.ts';
import { eventually, sleep } from './programs.ts';
import { callWhole } from './whole-call.ts';

const CLIENTS = 50;

export interface Fleet {
  readonly ports: readonly number[];
  readonly folders: readonly GatewayFolder[];
  readonly running: GatewayProcess[];
}

export interface Load {
  readonly failures: string[];
  /** When each of those was. */
  readonly failedMs: number[];
  answered: number;
  streamed: number;
  stop(): Promise<void>;
}

/** Each client has one connection, and asks again as soon as it has its answer; every third streams. */
export function loadOn(url: string, key: string, count: number = CLIENTS): Load {
  let isStopped = false;
  const load: Load = {
    failures: [],
    failedMs: [],
    answered: 0,
    streamed: 0,
    async stop() {
      isStopped = true;
      await Promise.all(clients);
    },
  };
  const clients = Array.from({ length: count }, async (_none, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const isStream = index % 10 < 3;
    while (!isStopped) {
      const failure = await ask(url, key, agent, isStream);
      if (failure !== null) {
        load.failures.push(failure);
        load.failedMs.push(performance.now());
      } else if (isStream) load.streamed += 1;
      else load.answered += 1;
      // Far from what one gateway can do: what is tested is that it goes, not that it is full.
      await sleep(200 + (index % 7) * 30);
    }
    agent.destroy();
  });
  return load;
}

/** Null: it went well. */
async function ask(
  url: string,
  key: string,
  agent: Agent,
  isStream: boolean,
): Promise<string | null> {
  const text = 'tell me a story of some length, please. '.repeat(isStream ? 40 : 1);
  const answer = await callWhole({ url, key, agent, body: chat(text, { stream: isStream }) });
  if (typeof answer === 'string') return answer;
  return answer.status === 200 ? null : `${answer.status}: ${answer.text.slice(0, 200)}`;
}

/** `program`: the one that takes its place; left out, the same again. */
export async function replaced(
  { folders, running, ports }: Fleet,
  index: number,
  program?: string,
): Promise<void> {
  const [folder, process, port] = [folders[index], running[index], ports[index]];
  assert.ok(folder !== undefined && process !== undefined);
  process.kill('SIGTERM');
  const { code } = await process.exited;
  assert.equal(code, 0, process.stderr());
  running[index] = await folder.start(program);
  await eventually(async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/readyz`);
    assert.equal(status, 200);
  });
  // The balancer has to see it before the other one goes.
  await sleep(1_200);
}
