/** What tests of runs share: minting them, asking what is left, ending them. */
import assert from 'node:assert/strict';

import { type Answer, answerOf, bearer, get, type House, post } from './house.ts';

/** Of a key that may do anything, from these networks. */
export const scopeOf = (...networks: string[]) => ({
  actions: null,
  models: null,
  tools: null,
  networks,
  hours: null,
  when: null,
});

export interface Minted {
  readonly id: string;
  readonly token: string;
  readonly expiresAt: string;
}

export async function mint(house: House, token: string, body: object = {}): Promise<Minted> {
  const told = await post(`${house.url}/v1/runs`, { wallTime: '10m', ...body }, bearer(token));
  assert.equal(told.status, 201, told.text);
  return told.json as unknown as Minted;
}

/** Once what has ended is in the ledger. */
export async function left(
  house: House,
  id: string,
  token: string,
): Promise<Record<string, unknown>> {
  await house.running.world.counting.ledger.flush();
  const told = await get(`${house.url}/v1/runs/${id}`, bearer(token));
  assert.equal(told.status, 200, told.text);
  return told.json;
}

export async function end(house: House, id: string, token: string): Promise<Answer> {
  const url = `${house.url}/v1/runs/${id}`;
  return await answerOf(await fetch(url, { method: 'DELETE', headers: bearer(token) }));
}
