/** Images as OpenAI writes them (one URL, also `data:`) and as Anthropic does (URL or base64). */
import type { ImagePart } from './neutral-call.ts';

const DATA_URL = /^data:(?<mediaType>image\/[a-z.+-]{1,40});base64,/u;

export function imageOfUrl(url: string): ImagePart['source'] {
  const found = DATA_URL.exec(url);
  const mediaType = found?.groups?.['mediaType'];
  if (found === null || mediaType === undefined) return { url };
  return { mediaType, base64: url.slice(found[0].length) };
}

export const urlOfImage = (source: ImagePart['source']): string =>
  'url' in source ? source.url : `data:${source.mediaType};base64,${source.base64}`;
