/** The page around everything, narrow screens, paper. */
export const LAYOUT = `
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text); overflow-wrap: break-word;
  font: 0.9375rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
h1, h2, h3, h4 { line-height: 1.25; margin: 0; text-wrap: balance; }
h1 { font-size: 1.6rem; font-weight: 650; letter-spacing: -0.01em; display: inline; margin-inline-end: 0.6rem; }
h2 { font-size: 1.08rem; font-weight: 640; }
h3 { font-size: 0.97rem; font-weight: 620; margin-block: 1rem 0.4rem; }
h4 { font-size: 0.85rem; font-weight: 600; color: var(--soft); }
p { margin-block: 0.5rem; }
a { color: var(--link); text-underline-offset: 0.18em; text-decoration-thickness: from-font; }
a:hover { text-decoration-thickness: 2px; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; inset-inline-start: 1rem; inset-block-start: -4rem; z-index: 2; padding: 0.5rem 1rem; background: var(--card); }
.skip:focus { inset-block-start: 0.5rem; }

.top {
  display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.5rem; padding: 0.6rem clamp(1rem, 3vw, 2.5rem);
  background: var(--card); border-block-end: 1px solid var(--line);
}
.brand { display: flex; align-items: center; gap: 0.6rem; color: var(--text); text-decoration: none; font-size: 1.02rem; padding-block: 0.3rem; }
.brand b { font-weight: 400; color: var(--soft); }
.top nav { flex: 1 1 auto; }
.top nav ul { display: flex; flex-wrap: wrap; gap: 0.15rem; list-style: none; margin: 0; padding: 0; }
.top nav a { display: block; padding: 0.4rem 0.75rem; border-radius: 8px; color: var(--soft); text-decoration: none; font-weight: 520; }
.top nav a:hover { color: var(--text); background: var(--sunken); }
.top nav a[aria-current] { color: var(--link); background: var(--accent-soft); }
.viewer { display: flex; align-items: center; gap: 0.4rem; }
.viewer label { white-space: nowrap; color: var(--soft); }
.viewer select { min-height: 1.9rem; padding: 0.1rem 0.5rem; max-width: 11rem; }
.theme fieldset { display: flex; border: 1px solid var(--line); border-radius: 9px; padding: 2px; margin: 0; background: var(--sunken); }
.theme button { border: 0; background: none; color: var(--soft); padding: 0.2rem 0.6rem; border-radius: 7px; font-size: 0.82rem; box-shadow: none; min-height: 1.75rem; }
.theme button[aria-pressed="true"] { background: var(--card); color: var(--text); box-shadow: 0 0 0 1px var(--line); }
main { display: block; max-width: 84rem; margin: 0 auto; padding: 1.75rem clamp(1rem, 3vw, 2.5rem) 2rem; }
footer { max-width: 84rem; margin: 0 auto; padding: 0 clamp(1rem, 3vw, 2.5rem) 2rem; color: var(--soft); font-size: 0.85rem; }
footer p { margin-block: 0.2rem; }

@media (max-width: 48rem) {
  main { padding-block-start: 1.1rem; }
  .top { padding-block: 0.4rem; gap: 0 0.75rem; }
  .brand { flex: 1 1 auto; gap: 0.4rem; font-size: 0.92rem; }
  .brand img { width: 24px; height: 24px; }
  .theme button { padding: 0.2rem 0.38rem; font-size: 0.78rem; }
  .top nav { order: 3; flex-basis: 100%; margin-inline: -0.5rem; }
  .top nav ul { flex-wrap: wrap; }
  .top nav a { padding: 0.35rem 0.6rem; font-size: 0.9rem; }
}
@media (prefers-reduced-motion: no-preference) {
  a, button, .card { transition: background-color 0.12s, border-color 0.12s, color 0.12s; }
}
@media print {
  .top nav, .theme, .skip, footer, form, button, .paging, .live { display: none !important; }
  body, .card, pre { background: #fff !important; color: #000 !important; }
  .card { box-shadow: none !important; break-inside: avoid; }
  .scroll { overflow: visible !important; }
  td.long code { white-space: normal !important; max-width: none !important; }
}
`;
