/**
 * Keeps what changes up to date: the server says that something has changed, the page is fetched again, and what differs
 * replaces what was there. One tab listens for all of them, because a browser has few connections to one server. This
 * function runs in the browser and is sent there as its text: it uses nothing from outside of itself.
 */
export function liveScript(): void {
  const SETTLE_MS = 400;
  const channel = new BroadcastChannel("signpath-emulator-live");
  const notice = document.getElementById("notice");
  /** What each region was brought up to last, as the server sent it: the page itself is changed by scripts. */
  const shown = new Map<string, string>();
  let paused = false;
  let fetching = false;
  let stale = false;
  let settling: ReturnType<typeof setTimeout> | undefined;

  const rowsIn = (root: Element): Map<string, Element> =>
    new Map([...root.querySelectorAll("tr[id]")].map((row) => [row.id, row]));

  /** Rows that are as they were stay where they are, and with them what a person is doing there. */
  const replaceRows = (before: Element, after: Element): void => {
    const next = rowsIn(after);
    for (const [id, row] of rowsIn(before)) {
      if (next.get(id)?.outerHTML !== row.outerHTML) row.remove();
    }
    const kept = rowsIn(before);
    let place = before.firstChild;
    for (const [id, row] of next) {
      if (place !== null && place === kept.get(id)) place = place.nextSibling;
      else before.insertBefore(row, place);
    }
  };

  const replace = (before: Element, after: Element): void => {
    const focused = before.contains(document.activeElement) ? document.activeElement?.id : undefined;
    const [rows, freshRows] = [before.querySelector("tbody"), after.querySelector("tbody")];
    if (rows !== null && freshRows !== null && rowsIn(before).size > 0) {
      for (const text of [...rows.childNodes]) if (!(text instanceof Element)) text.remove();
      replaceRows(rows, freshRows);
    } else before.replaceChildren(...after.childNodes);
    if (focused && document.activeElement?.id !== focused) {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  };

  /** Whether a person has begun to fill a form there: that waits until it is sent. */
  const isBeingFilled = (region: Element): boolean =>
    [...region.querySelectorAll("input")].some(
      (input) => input.type !== "hidden" && input.value !== input.defaultValue,
    );

  const announce = (count: number): void => {
    if (count === 0 || notice === null) return;
    const line = document.createElement("p");
    line.className = "unseen";
    line.textContent = count === 1 ? "One new signing request." : `${count} new signing requests.`;
    notice.replaceChildren(line);
  };

  const refresh = async (): Promise<void> => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    let added = 0;
    for (const region of document.querySelectorAll("[data-live]")) {
      const next = fresh.getElementById(region.id);
      if (next === null || isBeingFilled(region)) continue;
      const known = rowsIn(region);
      if (shown.get(region.id) === next.innerHTML) continue;
      shown.set(region.id, next.innerHTML);
      added += [...rowsIn(next).keys()].filter((id) => !known.has(id)).length;
      replace(region, next);
    }
    announce(added);
    document.dispatchEvent(new Event("refreshed"));
    clearTimeout(settling);
    if (document.querySelector("[data-unsettled]") !== null) settling = setTimeout(changed, SETTLE_MS);
  };

  /** One refresh at a time, and one more if there was a change meanwhile. A page that nobody sees waits. */
  const changed = (): void => {
    stale = true;
    if (fetching || paused || document.hidden) return;
    stale = false;
    fetching = true;
    refresh()
      .catch(() => undefined)
      .finally(() => {
        fetching = false;
        if (stale) changed();
      });
  };

  const listen = (): void => {
    const source = new EventSource("/ui/events");
    // What changed before it was open, or while the connection was lost, nobody has told.
    source.onopen = () => {
      channel.postMessage("changed");
      changed();
    };
    source.onmessage = () => {
      channel.postMessage("changed");
      changed();
    };
  };

  channel.onmessage = changed;
  document.addEventListener("visibilitychange", () => {
    if (stale) changed();
  });
  // The lock goes to another tab when this one is closed.
  if (navigator.locks === undefined) listen();
  else {
    void navigator.locks.request("signpath-emulator-live", () => {
      listen();
      return new Promise(() => undefined);
    });
  }

  const heading = document.querySelector("h1");
  const button = document.createElement("button");
  button.type = "button";
  button.id = "live";
  button.className = "live small";
  button.textContent = "Live";
  button.setAttribute("aria-pressed", "true");
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(!paused));
    if (stale && !paused) changed();
  });
  heading?.after(button);
  changed();
}
