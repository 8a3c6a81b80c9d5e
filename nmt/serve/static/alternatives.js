// Other wordings of a sentence, to choose from.

export class Alternatives {
  /** fieldset: is filled with a radio button for each wording; changed: called when another one is chosen */
  constructor(fieldset, changed) {
    this.fieldset = fieldset;
    this.changed = changed;
  }

  /** Offer the wordings of a sentence, the place of which is told where there are several. */
  offer(sentence, sentences, language) {
    this.fieldset.hidden = !sentence || sentence.wordings.length < 2;
    if (this.fieldset.hidden) return;
    const legend = document.createElement("legend");
    const place = `sentence ${sentences.indexOf(sentence) + 1} of ${sentences.length}`;
    legend.textContent = sentences.length > 1 ? `Alternatives for ${place}` : "Alternatives";
    const choices = sentence.wordings.map((wording, index) => this.#choice(sentence, wording, index, language));
    this.fieldset.replaceChildren(legend, ...choices);
  }

  #choice(sentence, wording, index, language) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const text = document.createElement("span");
    input.type = "radio";
    input.name = "wording";
    input.checked = index === sentence.chosen;
    input.addEventListener("change", () => {
      sentence.chosen = index;
      this.changed();
    });
    text.textContent = wording.text;
    text.lang = language;
    text.dir = "auto";
    label.append(input, text);
    return label;
  }
}
