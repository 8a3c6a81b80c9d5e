// SentencePiece's pieces: where each lies in its text, and the words they form.

const SPACE = "\u2581";
const BYTE = /^<0x([0-9A-F]{2})>$/;
// How far ahead a character is looked for where pieces and text differ.
const REACH = 40;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Return the words of a text in order, punctuation marks too: {text, start, end, shares}.
 * shares: [piece number, which share of the piece lies in the word] of each piece that takes part
 */
export function wordsOf(pieces, text, language) {
  const ranges = locate(pieces, text);
  const words = [];
  for (const { segment, index } of segmenter("word", language).segment(text)) {
    if (segment.trim()) words.push({ text: segment, start: index, end: index + segment.length, shares: [] });
  }
  ranges.forEach(([start, end], piece) => {
    for (const word of words) {
      const common = Math.min(end, word.end) - Math.max(start, word.start);
      if (common > 0) word.shares.push([piece, common / (end - start)]);
    }
  });
  return words;
}

/** Return [start, end] of each piece in the text; a piece of white space alone lies where the next one does. */
export function locate(pieces, text) {
  const places = charactersOf(text);
  const ranges = pieces.map(() => null);
  let next = 0;
  for (const { character, first, last } of spell(pieces)) {
    const reach = places.slice(next, next + REACH);
    const found = character.trim() ? reach.findIndex((place) => place.character === character) : -1;
    if (found < 0) continue;
    const { start, end } = reach[found];
    next += found + 1;
    for (let piece = first; piece <= last; piece++) ranges[piece] = [ranges[piece]?.[0] ?? start, end];
  }
  let following = [text.length, text.length];
  for (let piece = pieces.length - 1; piece >= 0; piece--) following = ranges[piece] ??= [...following];
  return ranges;
}

/** Return a text's characters but white space as the model reads them (Unicode NFC), each with its place. */
function charactersOf(text) {
  const places = [];
  for (const { segment, index } of segmenter("grapheme").segment(text)) {
    for (const character of segment.normalize("NFC").replaceAll(SPACE, "_")) {
      if (character.trim()) places.push({ character, start: index, end: index + segment.length });
    }
  }
  return places;
}

/** Yield the characters that pieces spell, each with the first and last piece it is made of: bytes join to one. */
function* spell(pieces) {
  for (let place = 0; place < pieces.length; ) {
    const bytes = [];
    for (let next = place; BYTE.test(pieces[next]); next++) bytes.push(parseInt(BYTE.exec(pieces[next])[1], 16));
    if (!bytes.length) {
      for (const character of pieces[place].replaceAll(SPACE, " ")) yield { character, first: place, last: place };
      place += 1;
      continue;
    }
    const end = place + bytes.length;
    for (const character of decoder.decode(Uint8Array.from(bytes))) {
      // What is no UTF-8 decodes to U+FFFD, for one byte or more.
      const size = character === "\ufffd" ? 1 : encoder.encode(character).length;
      yield { character, first: place, last: Math.min(place + size, end) - 1 };
      place = Math.min(place + size, end - 1);
    }
    place = end;
  }
}

// For browsers without Intl.Segmenter: letters that follow each other, a letter with its marks.
const PATTERNS = { word: /[\p{Letter}\p{Mark}\p{Number}'’]+|./gsu, grapheme: /.\p{Mark}*/gsu };

/** Takes the place of Intl.Segmenter. */
class Matches {
  constructor(pattern) {
    this.pattern = pattern;
  }

  segment(text) {
    return Array.from(text.matchAll(this.pattern), ({ 0: segment, index }) => ({ segment, index }));
  }
}

const segmenters = new Map();

/** Return the segmenter of a language; the one for all where the code is none the browser knows. */
function segmenter(granularity, language = "en") {
  const key = `${granularity} ${language}`;
  if (!segmenters.has(key)) segmenters.set(key, newSegmenter(granularity, validTag(language)));
  return segmenters.get(key);
}

function newSegmenter(granularity, tag) {
  return Intl.Segmenter ? new Intl.Segmenter(tag, { granularity }) : new Matches(PATTERNS[granularity]);
}

/** Return a language code as the browser writes it (de_AT becomes de-AT), undefined where it is none. */
export function validTag(language) {
  try {
    return Intl.getCanonicalLocales(language.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}
