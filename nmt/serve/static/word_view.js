// A text shown with a span for each word, so that words can be pointed at and shaded.

import { Sentence } from "./sentence.js";

// What lies below is not shown: attention is never quite nothing.
const FAINT = 0.04;

export class WordView {
  #places = new WeakMap();
  #spans = new Map();

  /** phrase: gives text and words of a sentence as this view shows it */
  constructor(container, phrase) {
    this.container = container;
    this.phrase = phrase;
  }

  /** Show stretches and sentences in turn. */
  show(parts) {
    this.#spans.clear();
    this.container.replaceChildren(...parts.flatMap((part) => (part instanceof Sentence ? this.#spell(part) : [part])));
  }

  #spell(sentence) {
    const { text, words } = this.phrase(sentence);
    const nodes = [];
    let place = 0;
    const spans = words.map((word, index) => {
      const span = document.createElement("span");
      span.className = "word";
      span.textContent = word.text;
      this.#places.set(span, { sentence, index, span });
      nodes.push(text.slice(place, word.start), span);
      place = word.end;
      return span;
    });
    this.#spans.set(sentence, spans);
    return [...nodes, text.slice(place)];
  }

  get spans() {
    return [...this.#spans.values()].flat();
  }

  /** Return {sentence, index, span} of the word that an element shows, undefined where it shows none. */
  placeOf(element) {
    return this.#places.get(element);
  }

  /** Mark one word of a sentence as the one pointed at. */
  point({ sentence, index }) {
    this.#spans.get(sentence)?.[index].classList.add("pointed");
  }

  /** Shade the words of a sentence by weights between 0 and 1. */
  shade(sentence, weights) {
    this.#spans.get(sentence)?.forEach((span, index) => {
      if (weights[index] < FAINT) return;
      span.classList.add("shaded");
      span.style.setProperty("--weight", weights[index].toFixed(3));
    });
  }

  /** Take back all marks and shades. */
  clear() {
    for (const span of this.spans) {
      span.classList.remove("pointed", "shaded");
      span.style.removeProperty("--weight");
    }
  }
}
