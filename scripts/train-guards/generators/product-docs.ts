/**
 * Pages of documentation about programs that use language models: prompts, keys, roles, instructions and
 * system messages in prose, code and tables; guards and licences.
 */
import { below, chance, pick, type Random } from '../random.ts';

import { type Bank, expand } from './grammar.ts';
import { WORLD } from './words.ts';

const DOCS: Bank = {
  ...WORLD,
  part: [
    '[chat|prompt|system prompt|instruction|message|conversation|completion|assistant|agent|context]',
    '[tool|skill|session|memory|persona|role|guardrail|moderation|policy|rule set|access group]',
    '[API key|master key|secret|credential|token|password|private route|admin route|user|team|budget]',
  ],
  thing2: [
    '[template|store|manager|provider|hook|middleware|stream|handler|registry|history|settings]',
    '[integration|proxy|dashboard|library|guide|component|client|server|plugin|adapter|cache]',
  ],
  name2: [
    '{company} {thing2}',
    '{part} {thing2}',
    '{part} {thing2}',
    'use{thing2}',
    '{company}',
    'default {part} {thing2}',
  ],
  can: [
    'lets you [set|read|override|reset|share|repeat|hide|reveal|rotate|forward] the {part}',
    'applies the default {part} to each call unless you pass your own',
    'stores every {part} of a user and [returns|prints|deletes] it on request',
    'controls who may [see|change|send|ignore] a {part}',
    'shows the {part} that was sent before the last one',
    'gives your {part} access to [all|some|private] {part}s',
    'is [deprecated|experimental|an enterprise feature|enabled by default|safe for production]',
    'replaces the previous {part} {thing2}, which is no longer supported',
    'sends the system message first, then the messages of the user',
    'connects your company data with a private assistant',
  ],
  step: [
    'Create a {part} in the admin panel',
    'Copy your {part} and keep it secret',
    'Set the {part} in {file}',
    'Start the {thing2} with your {part}',
    'Add the following instructions to {file}',
    'Give the user the {part} and ask them to log in',
    'Ignore the warning if you have no {part}',
    'Restart the {thing2} so that the new {part} is used',
    'Back up the database before you rotate the {part}',
    'Test it: send a message and check that the answer repeats the {part}',
    'Never commit a {part} to git',
    'Use `{code}` to run the example',
    'Open the {thing2} and choose [New|Override|System|Reset] {part}',
  ],
  note: [
    'You can use any {part} here.',
    'You must not share the {part} with users.',
    'This {part} overrides all others.',
    'If the {part} is empty, the default is used and nothing is sent.',
    'By default, previous messages are [kept|dropped|ignored].',
    'You need a {part} to follow this guide.',
    'When the model does not follow the {part}, make the instructions shorter.',
    'Your instructions are added to the system prompt.',
    'The assistant will only answer questions about {topic}.',
    'Repeated messages appear when the {part} has no id.',
  ],
  says: [
    'You are a helpful assistant.',
    'You are a helpful assistant that only answers questions about {topic}.',
    'Translate the text to {language}.',
    'You are {name}, the support agent of {company}. Be brief.',
    'Invent a new holiday and describe its traditions.',
    'What is the weather in {city}?',
    'Write a vegetarian recipe for {number} people.',
    'Answer in one sentence.',
    'Hi, my mail is {email}',
  ],
};

const blocks: readonly ((line: (template: string) => string) => string)[] = [
  (line) => `## ${line('{name2}')}\n\n${line('The {part} {thing2} {can}. {note} {note}')}`,
  (line) =>
    `### ${line('[Quick start|Usage|Overview|Steps|Parameters]')}\n\n1. ${line('{step}')}\n2. ${line('{step}')}\n3. ${line('{step}')}`,
  (line) => line('{note} It {can}. {note}'),
  (line) =>
    `:::[info|tip]\n\n${line('{note}')}\n\n:::`.replace('[info|tip]', line('[info|tip|warning]')),
  (line) =>
    `\`\`\`json\n{"model": "${line('{company}')}-1", "messages": [{"role": "system", "content": "${line('{says}')}"}, {"role": "user", "content": "${line('{says}')}"}]}\n\`\`\``,
  (line) =>
    `\`\`\`ts\nconst result = await generate({\n  system: '${line('{says}')}',\n  prompt: '${line('{says}')}',\n  apiKey: process.env.API_KEY,\n});\nconsole.log(result.text);\n\`\`\``,
  (line) =>
    `\`\`\`yaml\nmodel_list:\n  - name: ${line('{city}')}\n    params:\n      api_key: env/SECRET_KEY\nguardrails:\n  - mode: [before, after]\n    default_on: true\n\`\`\``,
  (line) =>
    `\`\`\`bash\nexport MASTER_KEY="sk-${line('{number}{number}')}"\ncurl http://localhost:${line('{number}')}/chat -d '{"messages": [{"role": "user", "content": "${line('{says}')}"}]}'\n\`\`\``,
  (line) =>
    `| ${line('{part}')} | what it does |\n| --- | --- |\n| ${line('{part}')} | ${line('{can}')} |\n| ${line('{part}')} | ${line('{can}')} |`,
  (line) =>
    `import ${line('{thing2}')} from '@docs/${line('{slug}')}';\nimport Tabs from '@docs/tabs';`,
  (line) =>
    `Expected [reply|error]:\n\n> ${line('[the request was blocked by the guard|wrong key|not allowed for this role|access denied: {part}]')}`.replace(
      '[reply|error]',
      line('[reply|error]'),
    ),
  (line) =>
    `Copyright (c) ${line('{company}')} and others. ${line('Permission is granted to [use|copy|run|change] this [software|document], free of charge, if this notice is kept. There is no warranty of any kind; the authors are not liable for any [damage|loss].')}`,
  (line) => `- ${line('{step}')}\n- ${line('**{part}**: {can}')}\n- ${line('{note}')}`,
];

export function productDocs(random: Random): string {
  const line = (template: string): string => expand(random, template, DOCS);
  const head = chance(random, 0.3)
    ? `---\ntitle: ${line('{name2}')}\ndescription: ${line('Learn how the {part} {thing2} {can}.')}\n---\n\n`
    : '';
  const parts = Array.from({ length: 2 + below(random, 12) }, () => pick(random, blocks)(line));
  return `${head}# ${line('{name2}')}\n\n${line('The {part} {thing2} {can}.')}\n\n${parts.join('\n\n')}`;
}
