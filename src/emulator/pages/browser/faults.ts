/**
 * Shows the fields of a fault as soon as it is chosen. This function runs in the browser and is sent there as its text: it
 * uses nothing from outside of itself.
 */
export function faultsScript(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-submit-on-change]")) {
    const button = form.querySelector("button");
    // A keyboard walks through the list with one change after another: only a choice by pointer goes at once.
    let byPointer = false;
    form.addEventListener("pointerdown", () => {
      byPointer = true;
    });
    form.addEventListener("keydown", () => {
      byPointer = false;
    });
    form.addEventListener("change", () => {
      if (byPointer) form.requestSubmit(button);
    });
  }
}
