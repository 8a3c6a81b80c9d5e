// A text and its translation as plain stretches and sentences in turn.

import { Sentence } from "./sentence.js";

/** What the server answered to a text. */
export class Translation {
  constructor(answer, text, source, target) {
    this.sentences = (answer.detail ?? []).map((told) => new Sentence(told, source, target));
    this.source = weave(text, this.sentences, (sentence) => sentence.source);
    this.target = weave(answer.translatedText, this.sentences, (sentence) => sentence.wording.text);
  }

  /** The translation with the wordings that are chosen. */
  get text() {
    return this.target.map((part) => (part instanceof Sentence ? part.wording.text : part)).join("");
  }
}

/** Cut a text into [stretch, sentence, stretch, …], each sentence where the text has its wording. */
function weave(text, sentences, wording) {
  const parts = [];
  let start = 0;
  for (const [number, line] of text.split("\n").entries()) {
    let place = 0;
    for (const sentence of sentences) {
      const found = sentence.line === number ? line.indexOf(wording(sentence), place) : -1;
      if (found < 0) continue;
      parts.push(text.slice(start, start + found - place), sentence);
      start += found - place + wording(sentence).length;
      place = found + wording(sentence).length;
    }
    const end = start + line.length - place + 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts.filter((part) => part !== "");
}
