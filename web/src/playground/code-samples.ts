/** The same call from a program. The key is a variable of the environment: it stands in no file. */
import { bodyOf, type Prompt } from './wire.ts';

export interface Sample {
  readonly name: string;
  readonly text: string;
}

/** A string of JSON is one of Python and of TypeScript too. */
const quoted = (text: string): string => JSON.stringify(text);
/** For a POSIX shell: nothing in single quotes means anything but their end. */
const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function samplesOf(prompt: Prompt, dataUrl: string): readonly Sample[] {
  const { model, system, text } = prompt;
  const [m, s, t] = [quoted(model), quoted(system), quoted(text)];
  const hasSystem = system !== '';
  return [
    {
      name: 'Python (openai)',
      text: `import os
from openai import OpenAI

client = OpenAI(base_url=${quoted(`${dataUrl}/v1`)}, api_key=os.environ["LLMPROXY_KEY"])
answer = client.chat.completions.create(
    model=${m},
    messages=[${hasSystem ? `{"role": "system", "content": ${s}}, ` : ''}{"role": "user", "content": ${t}}],
)
print(answer.choices[0].message.content)
`,
    },
    {
      name: 'Python (anthropic)',
      text: `import os
from anthropic import Anthropic

client = Anthropic(base_url=${quoted(dataUrl)}, api_key=os.environ["LLMPROXY_KEY"])
answer = client.messages.create(
    model=${m},
    max_tokens=1024,${hasSystem ? `\n    system=${s},` : ''}
    messages=[{"role": "user", "content": ${t}}],
)
print(answer.content[0].text)
`,
    },
    {
      name: 'TypeScript',
      text: `import OpenAI from 'openai';

const client = new OpenAI({
  baseURL: ${quoted(`${dataUrl}/v1`)},
  apiKey: process.env.LLMPROXY_KEY,
});
const answer = await client.chat.completions.create({
  model: ${m},
  messages: [${hasSystem ? `{ role: 'system', content: ${s} }, ` : ''}{ role: 'user', content: ${t} }],
});
console.log(answer.choices[0].message.content);
`,
    },
    { name: 'curl', text: curlText(prompt, dataUrl) },
    { name: 'Claude Code', text: claudeText(model, dataUrl) },
  ];
}

const PATHS: Readonly<Record<Prompt['dialect'], string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
};

function curlText(prompt: Prompt, dataUrl: string): string {
  const version =
    prompt.dialect === 'anthropic-messages' ? " -H 'anthropic-version: 2023-06-01'" : '';
  return `curl -sN ${shell(dataUrl + PATHS[prompt.dialect])} \\
  -H "authorization: Bearer $LLMPROXY_KEY" -H 'content-type: application/json'${version} \\
  -d ${shell(JSON.stringify(bodyOf(prompt)))}
`;
}

function claudeText(model: string, dataUrl: string): string {
  const settings = { env: { ANTHROPIC_BASE_URL: dataUrl, ANTHROPIC_MODEL: model } };
  return `// ~/.claude/settings.json, without this line. The key comes from the environment:
// export ANTHROPIC_AUTH_TOKEN="$LLMPROXY_KEY"
${JSON.stringify(settings, null, 2)}
`;
}
