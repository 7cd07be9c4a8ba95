/** `guards:` in the configuration, derived from the registry of guard types. */
import { z } from 'zod';

import { positions } from '#domain/passage.ts';
import {
  guardActions,
  type Guard,
  type GuardType,
  type GuardWorld,
  NO_WORLD,
} from '#policy/guards/guard.ts';
import { guardTypes } from '#policy/guards/registry.ts';
import type { GuardRule } from '#policy/guards/rule.ts';
import { assert } from '#stdx/assert.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { durationField } from './duration.ts';
import { LATER, nameField } from './fields.ts';

const commonKeys = {
  name: nameField.meta({ description: 'Stands in records and metrics.' }),
  on: z
    .array(z.enum(['request', 'reply'], 'a guard looks at request, reply or both'))
    .min(1)
    .max(2)
    .default(['request', 'reply'])
    .meta({ description: 'Where the guard looks.' }),
  mode: z
    .enum(['observe', 'enforce'])
    .default('enforce')
    .meta({ description: 'observe: the record says what would have happened, nothing changes.' }),
  action: z
    .enum(guardActions, `use ${guardActions.join(', ')}`)
    .default('block')
    .meta({ description: 'What a finding does.' }),
  timeout: durationField({ min: '1ms', max: '60s' })
    .prefault('500ms')
    .meta({ description: 'A guard that takes longer is unavailable.' }),
  onFault: z
    .enum(['deny', 'pass'])
    .default('deny')
    .meta({ description: 'What happens when the guard is unavailable. pass is recorded.' }),
  tenants: z.array(nameField).min(1).max(10_000).optional().meta({ description: 'Default: all.' }),
  models: z
    .array(z.string().min(1).max(256))
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'Names under `models`. Default: all.' }),
  roles: z.array(nameField).min(1).max(1_000).optional().meta({
    description: 'Roles that allowed the call, of its key or of a key above. Default: all.',
  }),
  onDemand: z.boolean().default(false).meta({
    description: 'Reads only calls whose rule of a role names it under `guards`.',
  }),
  positions: z.array(z.enum(positions)).min(1).max(positions.length).optional().meta({
    description:
      'Default: all; for `external` and `onnx` all but metadata, for `harm` user and assistant.',
  }),
  approval: durationField({ min: '1s', max: '1h' }).optional().meta({
    description:
      'Of a guard on tool calls that blocks: how long a call waits for a person who may let it through. Nobody answers: it is blocked.',
  }),
  restoreTools: z.array(z.string().min(1).max(256)).max(256).default([]).meta({
    description:
      'With `pseudonymise`: tools (`*` stands for any characters) whose arguments get the values back. Every rule that pseudonymises the call must name the tool.',
  }),
};

const knownTypes: readonly GuardType[] = guardTypes;
export type GuardTypeName = (typeof guardTypes)[number]['type'];

/**
 * Every rule in force: those of the gateway, then those of each tenant, for its own calls alone. A
 * rule acts by itself and the strictest action wins, so a tenant's rules can only add.
 */
export function allGuardRules(
  { guards, tenants }: { readonly guards: GuardEntries; readonly tenants: TenantGuards },
  ruleOf: (entry: GuardSection, path: (string | number)[]) => GuardRule,
): GuardRule[] {
  const own = tenants.flatMap(({ id, guards: entries }, tenant) =>
    entries.map((entry, index) => ({
      ...ruleOf(entry, ['tenants', tenant, 'guards', index]),
      tenants: [id],
    })),
  );
  return [...guards.map((entry, index) => ruleOf(entry, ['guards', index])), ...own];
}

type GuardEntries = readonly GuardSection[];
type TenantGuards = readonly { readonly id: string; readonly guards: GuardEntries }[];

/** What a guard may use, and how long it may wait for it: the rule's own timeout. Its secret has its name. */
export type GuardWorldWithin = (timeoutMs: number, name: string) => GuardWorld;

/** The keys that every guard has. Those of its own type are checked, and read by its `create`. */
export type GuardSection = z.output<z.ZodObject<typeof commonKeys>> & { readonly type: string };

const [firstMember, ...otherMembers] = knownTypes.map(({ type, description, config }) => {
  assert(config instanceof z.ZodObject, 'the configuration of a guard is an object');
  return config.extend({ type: z.literal(type).meta({ description }), ...commonKeys });
});

// The union is built from the registry at run time, so its type is said here once, as above.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const guardUnion: unknown = z.discriminatedUnion('type', [firstMember, ...otherMembers] as never, {
  error: `\`type\` is one of ${knownTypes.map(({ type }) => type).join(', ')}; any other guard ${LATER}`,
});
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
export const guardSection = guardUnion as z.ZodType<GuardSection>;

export const guardsSection = z
  .array(guardSection, {
    error: ({ input }) =>
      input === undefined
        ? 'say which guards read the content: a gateway without them is a decision, not a default'
        : 'write a list',
  })
  .max(256)
  .meta({ description: 'What reads calls and answers. Required; `guards: []` means none.' });

/** May throw `ConfigProblem`, with a path below the entry. */
export function guardRuleOf(
  entry: GuardSection,
  world: GuardWorldWithin = () => NO_WORLD,
): GuardRule {
  const member = knownTypes.find(({ type }) => type === entry.type);
  assert(member !== undefined, 'the schema lets only known types through');
  const guard: Guard = member.create(entry, world(entry.timeout.ms, entry.name));
  const { name, on, mode, action, timeout, onFault, tenants, models, roles, approval } = entry;
  if (approval !== undefined) checkApproval(guard, entry);
  return {
    name,
    guard,
    on,
    mode,
    action,
    timeoutMs: timeout.ms,
    onFault,
    tenants: tenants ?? null,
    models: models ?? null,
    roles: roles ?? null,
    isOnDemand: entry.onDemand,
    positions: entry.positions ?? member.positions ?? null,
    restoreTools: entry.restoreTools,
    approvalMs: approval?.ms ?? null,
  };
}

/** A rule that nobody can ask about, or that stops nothing, would wait for no one. */
function checkApproval({ tools }: Guard, { type, action, on }: GuardSection): void {
  if (tools === undefined || !on.includes('reply')) {
    throw new ConfigProblem(
      ['approval'],
      `tool calls in answers wait for a person, and ${type} does not judge them here: use it with a guard such as tool-calls, taint or tool-arguments`,
    );
  }
  if (action !== 'block') {
    throw new ConfigProblem(['approval'], 'only what would be blocked waits: use action: block');
  }
}
