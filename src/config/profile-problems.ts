/**
 * Profiles of rules that an operator is under: what each asks of the configuration, checked at the start
 * and at each reload. A profile changes nothing by itself; what is missing is refused, with what to write.
 * Which control each serves, and what stays the operator's own duty, is in docs/compliance.
 */
import type { Config } from './config.ts';
import type { Problem } from './issue.ts';

export const profileNames = ['gdpr', 'hipaa', 'soc2', 'eu-ai-act'] as const;
export type ProfileName = (typeof profileNames)[number];

const DAY_MS = 86_400_000;

interface Profile {
  /** The least that records are kept, in days, and the most that texts are. */
  readonly metadataDaysMin: number;
  readonly contentDaysMax?: number;
  readonly contentLevels?: readonly Config['audit']['content'][];
  /** Every provider that a model uses has these. */
  readonly agreements: readonly string[];
  /** Guards of these types read requests, and act. */
  readonly guardTypes: readonly string[];
  readonly needsAnchor: boolean;
  readonly needsSecondPerson: boolean;
}

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  gdpr: {
    metadataDaysMin: 1,
    contentDaysMax: 90,
    contentLevels: ['none', 'redacted'],
    agreements: ['dpa'],
    guardTypes: ['pii'],
    needsAnchor: false,
    needsSecondPerson: false,
  },
  hipaa: {
    metadataDaysMin: 2_190,
    agreements: ['baa'],
    guardTypes: ['pii'],
    needsAnchor: true,
    needsSecondPerson: true,
  },
  soc2: {
    metadataDaysMin: 365,
    agreements: [],
    guardTypes: ['secrets'],
    needsAnchor: true,
    needsSecondPerson: false,
  },
  'eu-ai-act': {
    metadataDaysMin: 184,
    agreements: [],
    guardTypes: [],
    needsAnchor: false,
    needsSecondPerson: false,
  },
};

export const profileProblems = (config: Config): Problem[] =>
  config.audit.profiles.flatMap((name) => problemsOf(name, PROFILES[name], config));

function problemsOf(name: ProfileName, profile: Profile, config: Config): Problem[] {
  const { audit } = config;
  const problems: Problem[] = [];
  const say = (path: Problem['path'], wants: string, hint: string): void => {
    problems.push({ path, message: `the profile ${name} wants ${wants}`, hint });
  };
  const { metadataDaysMin, contentDaysMax, contentLevels } = profile;
  if (audit.retention.metadata.ms < metadataDaysMin * DAY_MS)
    say(
      ['audit', 'retention', 'metadata'],
      `records kept for ${metadataDaysMin} days at least`,
      `write metadata: ${metadataDaysMin}d, or more`,
    );
  if (contentDaysMax !== undefined && audit.content !== 'none') {
    if (audit.retention.content.ms > contentDaysMax * DAY_MS)
      say(
        ['audit', 'retention', 'content'],
        `texts kept for ${contentDaysMax} days at most`,
        `write content: ${contentDaysMax}d, or less`,
      );
  }
  if (contentLevels !== undefined && !contentLevels.includes(audit.content))
    say(
      ['audit', 'content'],
      `content: ${contentLevels.join(' or ')}`,
      'keep less of what is said',
    );
  if (audit.onFailure !== 'deny')
    say(['audit', 'onFailure'], 'no call without its record', 'write onFailure: deny');
  const isSent = audit.sinks.some(({ type, required }) => type !== 'file' && required);
  if (profile.needsAnchor && audit.anchors.length === 0 && !isSent)
    say(
      ['audit', 'anchors'],
      'the log to be anchored outside the machine',
      'add an anchor or a sink',
    );
  if (profile.needsSecondPerson && audit.content !== 'none' && !audit.reveal.secondPerson)
    say(['audit', 'reveal', 'secondPerson'], 'two people before content is shown', 'write true');
  return [
    ...problems,
    ...guardProblems(name, profile, config),
    ...agreementProblems(name, profile, config),
  ];
}

function guardProblems(name: ProfileName, { guardTypes }: Profile, config: Config): Problem[] {
  return guardTypes
    .filter((type) => !config.guards.some((guard) => isActing(guard, type)))
    .map((type) => ({
      path: ['guards'],
      message: `the profile ${name} wants a guard of type ${type} that reads requests and acts`,
      hint: `write { name: ${type}, type: ${type}, on: [request, reply], mode: enforce, action: redact }`,
    }));
}

const isActing = (guard: Config['guards'][number], type: string): boolean => {
  const { type: own, on, mode, action, tenants } = guard;
  return (
    own === type &&
    on.includes('request') &&
    mode === 'enforce' &&
    action !== 'alert' &&
    tenants === undefined
  );
};

/** The built-in provider sends nothing anywhere. */
function agreementProblems(name: ProfileName, { agreements }: Profile, config: Config): Problem[] {
  const used = new Set(
    Object.values(config.models).flatMap(({ deployments }) =>
      deployments.map(({ provider }) => provider),
    ),
  );
  const problems: Problem[] = [];
  for (const provider of used) {
    const section = config.providers[provider];
    if (section === undefined || section.type === 'demo') continue;
    const missing = agreements.filter((one) => section.agreements?.includes(one) !== true);
    if (missing.length === 0) continue;
    problems.push({
      path: ['providers', provider, 'agreements'],
      message: `the profile ${name} wants ${missing.join(' and ')} with every provider that a model uses`,
      hint: `write agreements: [${missing.join(', ')}] when it is signed, or use no model of this provider`,
    });
  }
  return problems;
}
