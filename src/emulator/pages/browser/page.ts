/**
 * What every page does with a script: copying, and the colours without loading the page again. This function runs in the
 * browser and is sent there as its text: it uses nothing from outside of itself.
 */
export function pageScript(): void {
  const notice = document.getElementById("notice");

  const say = (text: string, good: boolean): void => {
    const line = document.createElement("p");
    line.className = `notice ${good ? "good" : "bad"}`;
    line.textContent = text;
    notice?.replaceChildren(line);
  };

  const copy = async (text: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      say("Copied.", true);
    } catch {
      say("The browser does not let this page copy: select the text and copy it yourself.", false);
    }
  };

  /** Sends a form as it is, and gives what comes back. */
  const post = async (form: HTMLFormElement, submitter: HTMLElement | null): Promise<Response> => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form, submitter)) fields.append(name, String(value));
    const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
    if (!answer.ok && answer.type !== "opaqueredirect") throw new Error(`answered with ${answer.status}`);
    return answer;
  };

  const revealCopyButtons = (): void => {
    for (const button of document.querySelectorAll<HTMLElement>("[data-copy]")) button.hidden = false;
  };
  revealCopyButtons();
  document.addEventListener("refreshed", revealCopyButtons);

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (button === null) return;
    void copy(document.getElementById(button.dataset["copy"] ?? "")?.textContent ?? "");
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.hasAttribute("data-copy-answer")) {
      event.preventDefault();
      post(form, event.submitter)
        .then((answer) => answer.text())
        .then(copy, () => say("It could not be fetched: load the page again.", false));
    } else if (form.hasAttribute("data-theme-switch") && event.submitter instanceof HTMLButtonElement) {
      event.preventDefault();
      const { value } = event.submitter;
      document.documentElement.dataset["theme"] = value;
      const meta = document.querySelector<HTMLMetaElement>("meta[name=color-scheme]");
      if (meta !== null) meta.content = value === "auto" ? "light dark" : value;
      for (const button of form.querySelectorAll("button")) {
        button.setAttribute("aria-pressed", String(button.value === value));
      }
      post(form, event.submitter).catch(() => say("The colours are not remembered.", false));
    }
  });
}
