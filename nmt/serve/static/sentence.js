// A sentence and the ways it was translated, word by word.

import { wordsOf } from "./pieces.js";

/** One translation of a sentence: its text, words, how sure the model was, and where its attention lay. */
class Wording {
  /** told: target, targetTokens, tokenScores and attention, as the server tells them */
  constructor(told, sourceWords, language) {
    this.text = told.target;
    // The last token ends the sentence.
    this.pieces = told.targetTokens;
    this.attention = told.attention;
    this.words = wordsOf(told.targetTokens.slice(0, -1), told.target, language);
    for (const word of this.words) {
      word.sure = Math.exp(word.shares.reduce((sum, [piece]) => sum + told.tokenScores[piece], 0));
      word.attention = sourceWords.map((source) => attentionBetween(told.attention, word, source));
    }
  }
}

/** Return the share of a target word's attention that lay on a source word: the mean over its pieces. */
function attentionBetween(attention, target, source) {
  const whole = target.shares.reduce((sum, [, share]) => sum + share, 0);
  let found = 0;
  for (const [row, rowShare] of target.shares) {
    for (const [column, share] of source.shares) found += (rowShare * share * attention[row][column]) / whole;
  }
  return found;
}

/** A sentence of the source with its wordings, the likeliest first; `chosen` is the number of the one shown. */
export class Sentence {
  constructor(told, source, target) {
    this.line = told.line;
    this.source = told.source;
    this.pieces = told.sourceTokens;
    this.words = wordsOf(told.sourceTokens.slice(0, -1), told.source, source);
    this.wordings = [told, ...told.alternatives].map((each) => new Wording(each, this.words, target));
    this.chosen = 0;
  }

  get wording() {
    return this.wordings[this.chosen];
  }
}
