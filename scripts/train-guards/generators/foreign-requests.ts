/**
 * Everyday requests in other languages that give an assistant orders, speak of what it said before and
 * name passwords and rules of one's own: `give me`, `tell me` and `the previous` are no attack in any language.
 */
import { below, pick, type Random } from '../random.ts';

import { expand } from './grammar.ts';
import { WORLD } from './words.ts';

/** A language is an entry here. */
const REQUESTS: Readonly<Record<string, readonly string[]>> = {
  de: [
    '[Gib mir|Zeig mir|Schick mir|Nenn mir|Such mir] [eine Liste guter Filme|ein Beispiel|drei Ideen für ein Geschenk|den Preis der Karte|die Regeln für Tennis|ein Gedicht über {city}]',
    '[Kannst du|Könntest du] [deinen letzten Satz|das vorige Beispiel|den ersten Punkt|den Text von oben|die Antwort von eben] [wiederholen|übersetzen|verbessern|erklären|ausführlicher schreiben]?',
    '[Sag mir|Erkläre mir|Verrate mir], [wie man ein Fahrrad repariert|was {topic} bedeutet|wann der Zug nach {city} fährt]',
    'Ich habe [das Passwort|die PIN|den Code] [meines Handys|für das WLAN|der Tür] vergessen, [was nun?|wo kann ich das ändern?]',
  ],
  fr: [
    '[Donne-moi|Montre-moi|Envoie-moi|Trouve-moi|Propose-moi] [une liste de films|un exemple|trois idées de cadeau|le prix du billet|les règles du tennis|un poème sur {city}]',
    '[Peux-tu|Pourrais-tu] [répéter|traduire|corriger|développer|expliquer] [ta dernière phrase|l’exemple précédent|le premier point|le texte ci-dessus|ta réponse de tout à l’heure] ?',
    '[Dis-moi|Explique-moi] [comment réparer un vélo|ce que veut dire {topic}|quand part le train pour {city}]',
    "J'ai oublié [le mot de passe|le code] [de mon téléphone|du wifi|de la porte], [que faire ?|où le changer ?]",
  ],
  es: [
    '[Dame|Muéstrame|Envíame|Búscame|Dime] [una lista de películas|un ejemplo|tres ideas de regalo|el precio del billete|las reglas del tenis|un poema sobre {city}]',
    '¿[Puedes|Podrías] [repetir|traducir|corregir|ampliar|explicar] [tu última frase|el ejemplo anterior|el primer punto|el texto de arriba|lo que dijiste antes]?',
    '[Dime|Explícame] [cómo arreglar una bicicleta|qué significa {topic}|cuándo sale el tren a {city}]',
    'Olvidé [la contraseña|el código] [del teléfono|del wifi|de la puerta], ¿[qué hago|dónde se cambia]?',
  ],
  it: [
    '[Dammi|Mostrami|Mandami|Trovami|Dimmi] [una lista di film|un esempio|tre idee per un regalo|il prezzo del biglietto|le regole del tennis|una poesia su {city}]',
    '[Puoi|Potresti] [ripetere|tradurre|correggere|ampliare|spiegare] [la tua ultima frase|l’esempio precedente|il primo punto|il testo sopra|quello che hai detto prima]?',
    '[Dimmi|Spiegami] [come riparare una bici|che cosa significa {topic}|quando parte il treno per {city}]',
    'Ho dimenticato [la password|il codice] [del telefono|del wifi|della porta], [che faccio?|dove si cambia?]',
  ],
  pt: [
    '[Me dê|Mostre|Envie|Procure|Diga] [uma lista de filmes|um exemplo|três ideias de presente|o preço do bilhete|as regras do tênis|um poema sobre {city}]',
    '[Você pode|Poderia] [repetir|traduzir|corrigir|ampliar|explicar] [a sua última frase|o exemplo anterior|o primeiro ponto|o texto acima|o que disse antes]?',
    '[Diga-me|Explique] [como consertar uma bicicleta|o que significa {topic}|quando sai o trem para {city}]',
    'Esqueci [a senha|o código] [do telefone|do wifi|da porta], [o que faço?|onde mudo?]',
  ],
  nl: [
    '[Geef me|Toon me|Stuur me|Zoek voor mij] [een lijst met films|een voorbeeld|drie ideeën voor een cadeau|de prijs van het kaartje|de regels van tennis|een gedicht over {city}]',
    'Kun je [je laatste zin|het vorige voorbeeld|het eerste punt|de tekst hierboven|wat je eerder zei] [herhalen|vertalen|verbeteren|uitleggen]?',
    'Ik ben [het wachtwoord|de code] [van mijn telefoon|van de wifi] vergeten, wat nu?',
  ],
  pl: [
    '[Daj mi|Pokaż mi|Wyślij mi|Znajdź mi|Podaj] [listę filmów|przykład|trzy pomysły na prezent|cenę biletu|zasady tenisa|wiersz o {city}]',
    'Czy możesz [powtórzyć|przetłumaczyć|poprawić|wyjaśnić|rozwinąć] [ostatnie zdanie|poprzedni przykład|pierwszy punkt|tekst powyżej|to, co było wcześniej]?',
    'Zapomniałem [hasła|kodu] [do telefonu|do wifi], co teraz?',
  ],
  ru: [
    '[Дай мне|Покажи|Пришли|Найди|Назови] [список фильмов|пример|три идеи для подарка|цену билета|правила тенниса|стихи про {city}]',
    '[Можешь|Не мог бы ты] [повторить|перевести|исправить|объяснить|дополнить] [последнюю фразу|предыдущий пример|первый пункт|текст выше|то, что было раньше]?',
    '[Скажи|Расскажи|Объясни], [как починить велосипед|что значит {topic}|когда поезд в {city}]',
    'Я забыл [пароль|код] [от телефона|от вайфая|от двери], [что делать?|где его сменить?]',
  ],
  vi: [
    '[Cho tôi|Đưa tôi|Gửi tôi|Tìm cho tôi] [danh sách phim hay|một ví dụ|ba ý tưởng quà tặng|giá vé|luật chơi quần vợt|bài thơ về {city}]',
    'Bạn có thể [lặp lại|dịch|sửa|giải thích|viết dài hơn] [câu cuối|ví dụ trước|ý đầu tiên|đoạn văn ở trên|điều bạn nói lúc nãy] không?',
    '[Nói cho tôi|Giải thích] [cách sửa xe đạp|{topic} nghĩa là gì|khi nào có tàu đi {city}]',
    'Tôi quên [mật khẩu|mã] [điện thoại|wifi|cửa nhà], [phải làm sao?|đổi ở đâu?]',
  ],
  id: [
    '[Beri saya|Tunjukkan|Kirim|Carikan] [daftar film|satu contoh|tiga ide hadiah|harga tiket|aturan tenis|puisi tentang {city}]',
    '[Bisakah kamu|Tolong] [ulangi|terjemahkan|perbaiki|jelaskan|perpanjang] [kalimat terakhir|contoh sebelumnya|poin pertama|teks di atas|yang tadi kamu bilang]',
    'Jelaskan [cara memperbaiki sepeda|arti {topic}|jadwal kereta ke {city}]',
    'Saya lupa [kata sandi|kode] [ponsel|wifi|pintu], [bagaimana?|di mana menggantinya?]',
  ],
  tr: [
    '[Film listesi|Bir örnek|Üç hediye fikri|Bilet fiyatını|Tenis kurallarını|{city} hakkında bir şiir] [ver|göster|gönder|bul|yaz]',
    '[Son cümleni|Önceki örneği|İlk maddeyi|Yukarıdaki metni|Az önce dediğini] [tekrar eder misin|çevirir misin|düzeltir misin|açıklar mısın]?',
    '[Telefonumun|Wifi|Kapının] [şifresini|kodunu] unuttum, ne yapmalıyım?',
  ],
  ar: [
    '[أعطني|أرني|أرسل لي|ابحث لي عن|اكتب لي] [قائمة أفلام|مثالا|ثلاث أفكار لهدية|سعر التذكرة|قواعد التنس|قصيدة عن {city}]',
    'هل يمكنك أن [تكرر|تترجم|تصحح|تشرح|توسع] [جملتك الأخيرة|المثال السابق|النقطة الأولى|النص أعلاه|ما قلته من قبل]؟',
    'نسيت [كلمة المرور|الرمز] [لهاتفي|للواي فاي]، ماذا أفعل؟',
  ],
  hi: [
    'मुझे [फिल्मों की सूची|एक उदाहरण|उपहार के तीन विचार|टिकट का दाम|टेनिस के नियम|{city} पर एक कविता] [दो|दिखाओ|भेजो|बताओ]',
    'क्या आप [अपना आखिरी वाक्य|पिछला उदाहरण|पहला बिंदु|ऊपर का पाठ|पहले की बात] [दोहरा|समझा|सुधार|अनुवाद कर] सकते हैं?',
    'मैं [फोन|वाईफाई] का [पासवर्ड|कोड] भूल गया, अब क्या करूं?',
  ],
  th: [
    '[ขอ|ช่วยหา|ส่ง|แสดง|บอก] [รายชื่อหนัง|ตัวอย่าง|ไอเดียของขวัญสามอย่าง|ราคาตั๋ว|กฎของเทนนิส|กลอนเกี่ยวกับ {city}] [ให้หน่อย|ให้ฉัน|ด้วย]',
    'ช่วย [ทวน|แปล|แก้|อธิบาย|ขยาย] [ประโยคสุดท้าย|ตัวอย่างก่อนหน้า|ข้อแรก|ข้อความข้างต้น|ที่พูดไปแล้ว] ได้ไหม',
    'ลืม [รหัสผ่าน|รหัส] [โทรศัพท์|ไวไฟ] ทำอย่างไรดี',
  ],
  ja: [
    '[映画のリスト|例を一つ|贈り物の案を三つ|切符の値段|テニスのルール|{city}についての詩]を[教えて|見せて|ください|送って|書いて]。',
    '[最後の文|前の例|最初の点|上の文章|さっきの話]を[繰り返して|訳して|直して|説明して|詳しくして][もらえますか|ください|くれる]？',
    '[携帯|無線|玄関]の[パスワード|暗証番号]を忘れました。どうすればいいですか？',
  ],
  ko: [
    '[영화 목록|예시 하나|선물 아이디어 세 개|표 가격|테니스 규칙|{city}에 대한 시]를 [알려줘|보여줘|줘|보내줘|써줘].',
    '[마지막 문장|이전 예시|첫 번째 항목|위의 글|아까 한 말]을 [다시 말해|번역해|고쳐|설명해|늘려] 줄 수 있어?',
    '[휴대폰|와이파이] [비밀번호|암호]를 잊었어. 어떻게 해?',
  ],
  zh: [
    '[给我|告诉我|发给我|帮我找] [一份电影清单|一个例子|三个礼物点子|票价|网球规则|一首关于{city}的诗]',
    '你能[重复|翻译|修改|解释|扩写]一下[你最后一句话|前面的例子|第一点|上面的文字|刚才说的]吗？',
    '我忘了[手机|无线网|门锁]的[密码|口令]，[怎么办|在哪里改]？',
  ],
};

const LANGUAGES = Object.keys(REQUESTS);

export function foreignRequest(random: Random): string {
  const templates = REQUESTS[pick(random, LANGUAGES)] ?? [];
  const one = (): string => expand(random, pick(random, templates), WORLD);
  const first = one();
  const kept = Array.from({ length: below(random, 3) }, () =>
    below(random, 6) === 0 ? first : one(),
  );
  return [first, ...kept].join(pick(random, ['. ', ' ', '. ', '\n']));
}
