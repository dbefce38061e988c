import { describe, expect, it } from 'vitest';
import { cleanExpression } from './expression-text.ts';

/** What a text becomes when its UTF-8 is read as Latin-1. */
function spoilt(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join('');
}

describe('cleaning', () => {
  it.each([
    ['  Two\t words\r\n ', 'two words'],
    ['snow\u00a0man\u3000here', 'snow man here'],
    ['“the kid’s” ‘toy’', "\"the kid's\" 'toy'"],
    ['ﬁne ﬂuﬀ ĳs', 'fine fluff ijs'],
    ['ＬＥＦＴ ﾊﾝ', 'left ハン'],
    ['cafe\u0301', 'café'],
    ['\ufeffdog\u0000 \u001b[31mred\u001b[0m', 'dog red'],
    ['lone \ud83d half', 'lone \ufffd half'],
    ['a\u0093quoted\u0094 word', 'a"quoted" word'],
    ['İstanbul', 'i\u0307stanbul'],
  ])('makes of %j %j', (text, expected) => {
    expect(cleanExpression(text)).toBe(expected);
  });

  it.each([
    ['&amp;amp;amp;amp; all', '& all'],
    ['&lt;b&gt; only what is left', '<b> only what is left'],
    ['<i> &amp;amp;amp; twice beside markup', '<i> &amp; twice beside markup'],
    ['&amp without its end', '& without its end'],
    ['&NTILDE;and&Uacute;', 'ñandú'],
    ['&#39;&#x27;', "''"],
    ['&nosuch; R&D', '&nosuch; r&d'],
  ])('unescapes %j to %j', (text, expected) => {
    expect(cleanExpression(text)).toBe(expected);
  });

  it.each([
    'schön',
    'naïve façade',
    '“quoted” – l’été…',
    '日本の犬',
    '🐶 dog ½',
    'привет мир',
    'žluťoučký kůň',
    'Škoda à côté',
  ])('repairs %s that was read in the wrong encoding, once or twice', (text) => {
    expect(cleanExpression(spoilt(text))).toBe(cleanExpression(text));
    expect(cleanExpression(spoilt(spoilt(text)))).toBe(cleanExpression(text));
  });

  it('repairs a spoilt word among sound ones', () => {
    expect(cleanExpression('日本 schÃ¶n café â€œhatâ€\u009d')).toBe('日本 schön café "hat"');
  });

  it.each(['JOSÉ’S', 'CAFÉ…', 'NÃO', 'ŠKODA™', 'Å\u00a0gå', 'É 5° ½ £5 €10 ©', 'مرحبا', '5×²'])(
    'leaves %s as it is but for case, quotes and spaces',
    (text) => {
      expect(cleanExpression(text)).toBe(text.toLowerCase().replace('’', "'").replace('\u00a0', ' '));
    },
  );
});
