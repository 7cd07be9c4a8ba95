/**
 * Use and mention. Who reports an attack, files one, or asks to have one translated, quotes an order
 * and gives none. Such a text is judged by what stands around its quotations, if that speaks about
 * the quotation and does not ask for it to be obeyed: an attack in quotation marks is still one.
 */
import { withoutQuotations } from './quotations.ts';

/** Words that show that the quotation is spoken of. With one of them the frame must be the cleaner. */
const CUES_ENOUGH = 2;
const ONE_CUE_MARGIN = 1;
/** How far under even odds a frame begins to count, and where it counts the most. */
const CLEAN_FROM = 1;
const CLEAN_TO = 2.5;
/** What part of the distance between a text and its frame counts even then. */
const QUOTED_SHARE = 0.2;

/**
 * Which frames count: of what a person writes any that speaks of its quotation, of what a tool has read
 * only a plain one. Pages and mails are full of quotations, and nobody asks about them.
 */
export type Framing = 'any' | 'plain';

export interface Frame {
  readonly text: string;
  readonly cues: number;
}

/** Words that name hostility, by their beginnings. */
const HOSTILE =
  'attack|inject|jailbreak|malicious|hostile|phish|payload|exploit|red.?team|threat|suspicious|vulnerab|advers|manipulat|social engineering|abus|probe|owasp|prompt.?leak|angriff|angreif|verd[aä]cht|b[oö]sartig|schadhaft|attaqu|malveillant|suspect|ataque|atacante|malicios|sospechos|suspeit|attacc|malevol|sospett|aanval|verdacht|kwaadaardig|atak|z[lł]o[sś]liw|podejrzan|[uú]tok|атак|вредонос|подозрит|зловред|saldır|kötü niyetli|şüpheli|serangan|berbahaya|tấn công|đáng ngờ|هجوم|خبيث|مشبوه|हमल|संदिग्ध|攻击|攻擊|恶意|惡意|可疑|攻撃|悪意|不審|공격|악성|의심|โจมตี|อันตราย';
/** Words of people who handle texts: what is done with one, and where it was met. */
const HANDLED =
  'classif|label|flagg|filter|detect|moderat|review|report|ticket|incident|sample|example|quot|translat|summar|paraphras|proofread|spell.?check|analy[sz]e|explain|corpus|dataset|data set|spreadsheet|regression|test (?:case|suite|data)|unit test|severity|screenshot|article|lecture|paper|study|essay|researcher|handbook|exam|student|blog|news|minutes|abstract|changelog|release|commit|scanner|guard|screened|training deck|awareness|pattern|typed|wrote|pasted|says|reads|read|said|seen in|found in|log|mailing list|forum|sentence|phrase|wording|grammar|variant|input|spam|spelling|tone|glossary|thesis|technique|meaning|means|categor|forwarded|received|posted|klassifizier|einordn|übersetz|zusammenfass|fass .{0,40}zusammen|meldung|bericht|beispiel|satz|schrieb|filtre|traduis|traduire|résum|exemple|phrase|article|classe[rz]?|écrit|signal|clasific|traduc|traduz|resum|ejemplo|exemplo|frase|escribi|escreveu|artículo|artigo|classific|tradu|riassum|esempio|scrisse|articolo|voorbeeld|vertaal|samenvat|schreef|przykład|przetłumacz|streść|napisał|příklad|přelož|пример|переведи|перевод|классифиц|стать|написал|сообщен|örnek|çevir|özetle|yazmış|contoh|terjemah|ringkas|ví dụ|dịch|tóm tắt|مثال|ترجم|لخص|صنف|उदाहरण|अनुवाद|सारांश|例如|例子|翻译|翻譯|总结|總結|分类|分類|写道|寫道|例文|翻訳|要約|分類|예시|번역|요약|분류|ตัวอย่าง|แปล|สรุป';
/** Words for what a quotation is. */
const NAMED =
  'message|comment|e-?mail|mail|post|note|string|snippet|excerpt|transcript|tweet|paragraph|passage|quotation|citation|nachricht|kommentar|zeile|beitrag|courriel|commentaire|mensaje|comentario|mensagem|comentário|messaggio|commento|wiadomoś|komentarz|zpráv|сообщени|комментари|строк|письм|mesaj|yorum|pesan|komentar|رسالة|تعليق|संदेश|टिप्पणी';
const PLAIN_CUE = new RegExp(`(?<![\\p{L}\\p{N}])(?:${HOSTILE}|${HANDLED})`, 'giu');
const CUE = new RegExp(`(?<![\\p{L}\\p{N}])(?:${HOSTILE}|${HANDLED}|${NAMED})|[?？؟]`, 'giu');
const UNSPACED_CUE =
  /攻击|攻擊|恶意|惡意|可疑|攻撃|悪意|不審|例如|例子|翻译|翻譯|总结|總結|分类|分類|写道|寫道|例文|翻訳|要約|โจมตี|ตัวอย่าง|แปล|สรุป/gu;
/** A frame is read to this length: who needs more to say what a quotation is says something else. */
const FRAME_CHARS_MAX = 8_192;

/** What asks for a quotation to be obeyed. */
const OBEYED =
  /(?<![\p{L}\p{N}])(?:(?:follow|obey|execute|carry out|comply with|perform|apply|adopt|act (?:up)?on|do|run|honou?r|fulfil+|adhere to|implement|use|treat|take|consider|assume|accept|answer|respond to|reply to)\s.{0,50}?(?:it|this|that|them|these|those|so|above|below|quoted?|quotation|text|instructions?|prompt|orders?|says?|request|literally|verbatim|to the letter|seriously|your own|…)|(?:act|behave|respond|answer|reply|proceed|continue|comply) (?:accordingly|as|like|that way|in character|exactly)|(?:as if|as though) (?:it|i|the|this)|from now on|you are now|begin your|start your|stay in character|(?:befolge?|folge|führe?|tu[e]?|gehorche)\s.{0,40}(?:aus|dem|den|das|es|was)|ab jetzt|suis|obéis|exécute|désormais|sigue|obedece|ejecuta|a partir de ahora|obedeça|siga|segui|esegui|obbedisci|d[’']ora in poi|volg|voer .{0,30}uit|wykonaj|zastosuj|выполни|следуй|подчин|따라|실행해)/giu;
const OBEYED_UNSPACED = /依照|执行|執行|照做|遵循|従って|実行して/u;
/** An order begins its sentence, or is put to somebody: "it will follow the text" is neither. */
const ORDERED =
  /(?:^|[.!?:;,…\n"'“”«»)\]*–-]|(?<![\p{L}\p{N}])(?:please|now|then|and|just|kindly|instead|so|simply|also|always|you (?:will|should|must|shall|can|have to|need to|are to)|(?:can|could|would|will) you|(?:want|need|like|ask|expect) you to|(?:task|job|goal) is to|let.?s|bitte|und|dann|et|puis|y|luego|e|poi|dan|en|i|и|теперь))\s*$/iu;

/** What stands around the quotations of a text that only speaks of them, or null. */
export function frameOf(text: string, framing: Framing): Frame | null {
  if (text.length > FRAME_CHARS_MAX * 2) return null;
  const frame = withoutQuotations(text);
  if (frame === null || frame.length > FRAME_CHARS_MAX) return null;
  const cues = cuesOf(frame, framing === 'plain' ? PLAIN_CUE : CUE);
  return cues < (framing === 'plain' ? CUES_ENOUGH : 1) || asksToObey(frame)
    ? null
    : { text: frame, cues };
}

/** The logit of a text whose frame was judged by itself: a frame that is not clean takes nothing off. */
export function mentionLogit(
  { whole, frame }: { readonly whole: number; readonly frame: number },
  { cues }: Frame,
): number {
  const under = -frame - (cues < CUES_ENOUGH ? ONE_CUE_MARGIN : 0);
  const clean = Math.max(0, Math.min(1, (under - CLEAN_FROM) / (CLEAN_TO - CLEAN_FROM)));
  return whole - Math.max(0, whole - frame) * (1 - QUOTED_SHARE) * clean;
}

/** How many different words show that the quotation is spoken of; no more than matter. */
function cuesOf(frame: string, pattern: RegExp): number {
  const cues = new Set<string>();
  for (const [cue] of frame.matchAll(pattern)) cues.add(cue.toLowerCase());
  for (const [cue] of frame.matchAll(UNSPACED_CUE)) cues.add(cue);
  return Math.min(cues.size, CUES_ENOUGH);
}

function asksToObey(frame: string): boolean {
  if (OBEYED_UNSPACED.test(frame)) return true;
  for (const { index } of frame.matchAll(OBEYED)) {
    if (ORDERED.test(frame.slice(Math.max(0, index - 24), index))) return true;
  }
  return false;
}
