// Files dropped on the page or chosen: translated whole and handed back.

import { Problem } from "./problem.js";
import { askAgain } from "./retrying.js";
import { translateFile } from "./server.js";

export class Files {
  /**
   * parts: section, input, columns, list (elements); formats, tables: file name endings, of all and of those with
   * columns; order: gives source, target and key
   */
  constructor(parts, formats, tables, order) {
    Object.assign(this, parts);
    this.formats = formats;
    this.tables = tables;
    this.order = order;
    this.section.hidden = false;
    this.input.accept = formats.join(",");
    this.input.addEventListener("change", () => {
      this.take([...this.input.files]);
      this.input.value = "";
    });
    this.#watchDropping(document.documentElement);
  }

  #watchDropping(page) {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    const mark = (event, dropping) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.section.classList.toggle("dropping", dropping);
    };
    page.addEventListener("dragover", (event) => mark(event, true));
    page.addEventListener("dragleave", (event) => mark(event, event.relatedTarget !== null));
    page.addEventListener("drop", (event) => {
      mark(event, false);
      if (holdsFiles(event)) this.take([...event.dataTransfer.files]);
    });
  }

  /** Translate files, one after another. */
  async take(files) {
    const order = this.order();
    const lines = files.map((file) => this.#line(`${file.name} is waiting.`));
    for (const [index, file] of files.entries()) await this.#translate(file, order, lines[index]);
  }

  async #translate(file, order, line) {
    const dot = file.name.lastIndexOf(".");
    const ending = dot < 0 ? "" : file.name.slice(dot).toLowerCase();
    try {
      if (!this.formats.includes(ending)) {
        const kind = ending ? `Files ending in ${ending}` : "Files without an ending";
        throw new Problem(`${kind} are not supported. Supported: ${this.formats.join(", ")}.`);
      }
      line.textContent = `${file.name} is being translated…`;
      const columns = this.tables.includes(ending) ? this.columns.value.split(",").map((each) => each.trim()) : [];
      const whole = { ...order, columns: columns.filter(Boolean) };
      const { content, name } = await askAgain(
        () => translateFile(file, whole),
        (problem) => (line.textContent = `${file.name}: ${problem.waiting}`),
      );
      const link = document.createElement("a");
      link.href = URL.createObjectURL(content);
      link.download = name;
      link.textContent = name;
      line.replaceChildren(`${file.name} is translated: `, link);
      link.click();
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem("The page failed at this file.");
      line.className = "problem";
      line.textContent = `${file.name}: ${problem.message}`;
      if (problem !== error) throw error;
    }
  }

  #line(text) {
    const line = document.createElement("li");
    line.textContent = text;
    this.list.prepend(line);
    return line;
  }
}
