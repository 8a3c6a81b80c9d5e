// The language pair, and the pair the other way round.

import { validTag } from "./pieces.js";

export class Languages {
  /** select: its values are "source>target"; swap: the button, enabled where the opposite direction is served */
  constructor(select, swap, { changed, swapped }) {
    this.select = select;
    this.swap = swap;
    select.addEventListener("change", () => {
      this.#refresh();
      changed();
    });
    swap.addEventListener("click", () => {
      select.value = this.opposite;
      this.#refresh();
      swapped();
    });
    this.#refresh();
  }

  get source() {
    return this.select.value.split(">")[0];
  }

  get target() {
    return this.select.value.split(">")[1];
  }

  get opposite() {
    return `${this.target}>${this.source}`;
  }

  /** Tell browser and screen reader which language an element is in. */
  mark(element, language) {
    element.lang = validTag(language) ?? "";
  }

  #refresh() {
    const served = [...this.select.options].some((option) => option.value === this.opposite);
    this.swap.disabled = !served;
    this.swap.title = served ? "Translate the other way round" : "The other direction is not served here";
  }
}
