// Text for the clipboard.

/** Copy a text; returns whether that worked. shown: the element that shows it */
export async function copy(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no such clipboard; what is selected can be copied all the same.
    const selection = getSelection();
    selection.selectAllChildren(shown);
    const copied = document.execCommand("copy");
    selection.removeAllRanges();
    return copied;
  }
}
