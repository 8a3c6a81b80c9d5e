// The text field. Behind it lies a mirror of its text, in which words can be shaded; it also makes the field grow.

import { WordView } from "./word_view.js";

export class SourceText {
  /** pointed: called with the place of the word under pointer or caret, or undefined where there is none */
  constructor(field, mirror, pointed) {
    this.field = field;
    this.view = new WordView(mirror, (sentence) => ({ text: sentence.source, words: sentence.words }));
    field.addEventListener("pointermove", (event) => pointed(this.#under(event)));
    field.addEventListener("pointerleave", () => pointed());
    field.addEventListener("blur", () => pointed());
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === field) pointed(this.#atCaret());
    });
  }

  get text() {
    return this.field.value;
  }

  set text(text) {
    this.field.value = text;
    this.forget();
  }

  /** Show the sentences that the text was found to have. */
  show(parts) {
    // A line feed at the end would not make the mirror taller by a line.
    this.view.show([...parts, "\u200b"]);
  }

  /** Show the text without words: it has changed. */
  forget() {
    this.show([this.text]);
  }

  #under(event) {
    // The mirror lies behind the field, at the very same place.
    const found = document.elementsFromPoint(event.clientX, event.clientY);
    return found.map((element) => this.view.placeOf(element)).find(Boolean);
  }

  #atCaret() {
    const { selectionStart, selectionEnd } = this.field;
    if (selectionStart !== selectionEnd) return undefined;
    let place = 0;
    for (const node of this.view.container.childNodes) {
      const end = place + node.textContent.length;
      const found = place <= selectionStart && selectionStart <= end ? this.view.placeOf(node) : undefined;
      if (found) return found;
      place = end;
    }
    return undefined;
  }
}
