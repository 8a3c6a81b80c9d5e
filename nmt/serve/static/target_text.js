// The translation. One tab stop leads into it; arrow keys go from word to word.

import { WordView } from "./word_view.js";

const STEPS = {
  ArrowRight: (place) => place + 1,
  ArrowDown: (place) => place + 1,
  ArrowLeft: (place) => place - 1,
  ArrowUp: (place) => place - 1,
  Home: () => 0,
  End: () => Infinity,
};

export class TargetText {
  /**
   * pointed: called with the place of the word under pointer or focus, or undefined where there is none
   * chosen: called with the place of a word that was clicked or got the focus
   */
  constructor(output, pointed, chosen) {
    this.output = output;
    this.view = new WordView(output, (sentence) => sentence.wording);
    const place = (event) => this.view.placeOf(event.target);
    output.addEventListener("pointerover", (event) => pointed(place(event)));
    output.addEventListener("pointerleave", () => pointed(this.view.placeOf(document.activeElement)));
    output.addEventListener("focusin", (event) => {
      this.#reachBy(event.target);
      pointed(place(event));
      chosen(place(event));
    });
    output.addEventListener("focusout", () => pointed());
    output.addEventListener("keydown", (event) => this.#step(event));
  }

  /** Show stretches and sentences in turn. */
  show(parts) {
    this.view.show(parts);
    for (const span of this.view.spans) {
      span.tabIndex = -1;
      // Screen readers tell with the word what is shaded for it.
      span.setAttribute("aria-describedby", "reading");
    }
    this.#reachBy(this.view.spans[0]);
  }

  #reachBy(span) {
    for (const each of this.output.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
    if (span) span.tabIndex = 0;
  }

  #step(event) {
    const step = STEPS[event.key];
    const spans = this.view.spans;
    const place = spans.indexOf(event.target);
    if (!step || place < 0 || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    spans[Math.min(Math.max(step(place), 0), spans.length - 1)].focus();
  }
}
