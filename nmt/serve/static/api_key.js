// The API key, kept until the browser's tab is closed.

const PLACE = "nmt-api-key";

export class ApiKey {
  /** field: null where the server asks for no key */
  constructor(field, changed) {
    this.field = field;
    if (!field) return;
    field.value = sessionStorage.getItem(PLACE) ?? "";
    field.addEventListener("input", () => {
      sessionStorage.setItem(PLACE, field.value);
      changed();
    });
  }

  get value() {
    return this.field?.value || undefined;
  }

  get missing() {
    return Boolean(this.field) && !this.field.value;
  }
}
