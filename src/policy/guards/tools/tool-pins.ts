/**
 * Holds each tool to what it was when it was first declared. A tool server that is trusted today and
 * says other things tomorrow (a "rug pull": a description that carries orders, a parameter that
 * wants a file) changes the definition, and nothing else shows it.
 */
import { hash } from 'node:crypto';

import { z } from 'zod';

import type { ToolDefinition } from '#domain/tool-definition.ts';
import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { andThen } from '#stdx/maybe-promise.ts';

import {
  type DefinitionFinding,
  defineGuard,
  type DigestedTool,
  NO_WORLD,
  type PinOwner,
  type PinState,
  type ToolPins,
} from '../guard.ts';
import { concerns, toolsField } from './matcher.ts';

/** A longer name is nobody's tool, and would not fit a list that people read. */
const NAME_CHARS_MAX = 256;
/** Tools of one call that are looked up; of more, nobody can say what they were. */
const TOOLS_MAX = 1_000;

const config = z.strictObject({
  tools: toolsField.default(['*']),
  per: z.enum(['caller', 'tenant']).default('caller').meta({
    description:
      'Whose first use counts: each user (or key without a user) for itself, or all of a tenant together.',
  }),
});

const CATEGORIES = { changed: 'tool-changed', unpinned: 'tool-unpinned' } as const;

export const toolPinsGuard = defineGuard({
  type: 'tool-pins',
  description: 'Tools whose definition is not the one that was declared first.',
  config,
  isOptIn: true,
  create({ tools, per }, { pins } = NO_WORLD) {
    return {
      type: 'tool-pins',
      detectors: [],
      definitions: {
        judge(declared, { tenant, owner }) {
          const concerned = declared.filter(({ name }) => concerns(tools, name)).map(digested);
          if (concerned.length === 0) return [];
          const of = { tenant, owner: per === 'caller' ? (owner ?? '') : '' };
          const held = concerned
            .filter(({ name }) => name.length <= NAME_CHARS_MAX)
            .slice(0, TOOLS_MAX);
          const tooMuch = held.length < concerned.length ? [UNPINNED] : [];
          return andThen(pins.hold(of, held), (states) => [
            ...tooMuch,
            ...held.flatMap((tool, index) => findingOf(states[index], { tool, of, pins })),
          ]);
        },
      },
    };
  },
});

const UNPINNED: DefinitionFinding = { category: CATEGORIES.unpinned };

interface Held {
  readonly tool: DigestedTool;
  readonly of: PinOwner;
  readonly pins: ToolPins;
}

/** A state that nobody gave is not a state in which the tool is known. */
function findingOf(state: PinState | undefined, { tool, of, pins }: Held): DefinitionFinding[] {
  if (state === 'same') return [];
  if (state !== 'changed') return [UNPINNED];
  return [{ category: CATEGORIES.changed, accept: () => pins.accept(of, tool) }];
}

const digested = ({ name, declared }: ToolDefinition): DigestedTool => ({
  name: nameOf(name, declared),
  digest: hash('sha256', canonicalJson(meantBy(name, declared)), 'base64url'),
});

/** Servers of tools are all called `mcp`, and each has a label of its own. */
function nameOf(name: string, declared: JsonValue): string {
  const { server_label: label = '', name: server = label } = isJsonObject(declared) ? declared : {};
  return name === MCP && typeof server === 'string' ? `${name}/${server}` : name;
}

const MCP = 'mcp';

/**
 * What was declared, whatever the dialect: an application that speaks two of them has one tool. Where
 * a prompt cache may end moves from tool to tool as lists grow, and says nothing of a tool.
 */
function meantBy(name: string, declared: JsonValue): JsonValue {
  if (!isJsonObject(declared)) return declared;
  if (name === MCP) {
    // Tokens are renewed by the hour, and are none of what the server is.
    const {
      authorization: _token,
      authorization_token: _other,
      headers: _headers,
      ...server
    } = declared;
    return server;
  }
  const { cache_control: _, type, function: inner, ...rest } = declared;
  const isFunction = type === undefined || type === 'function';
  if (isFunction && isJsonObject(inner) && Object.keys(rest).length === 0) return oneSchema(inner);
  if (isFunction && inner === undefined) return oneSchema(rest);
  // A hosted tool, or one that says things in two places: as it stands.
  return {
    ...rest,
    ...(type !== undefined && { type }),
    ...(inner !== undefined && { function: inner }),
  };
}

function oneSchema(declared: JsonObject): JsonObject {
  const { input_schema: schema, ...rest } = declared;
  return schema === undefined || rest['parameters'] !== undefined
    ? declared
    : { ...rest, parameters: schema };
}
