/** What pages are made of. */
export const PARTS = `
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); padding: 1.1rem 1.25rem; margin-block: 1.1rem; }
.card > :last-child, .card > form:last-child > * { margin-block-end: 0; }
.attention { border-color: var(--wait); border-inline-start-width: 5px; }
.headline { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.25rem 1rem; margin-block-end: 0.6rem; }
.headline p { margin: 0; }
.hint { color: var(--soft); font-size: 0.86rem; font-weight: 400; }
.empty { color: var(--soft); margin-block: 0.75rem; }
.crumb { margin: 0 0 0.2rem; font-size: 0.88rem; }
.state { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block: 0.75rem 0; min-height: 1.6rem; }
.state a { text-decoration: none; border-radius: 99px; }
.id { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.95rem; font-weight: 400; color: var(--soft); overflow-wrap: anywhere; }
.notice { padding: 0.6rem 0.9rem; border-radius: 10px; border: 1px solid currentColor; margin-block: 0 1rem; }
.notice.good { color: var(--good); background: var(--good-soft); }
.notice.bad { color: var(--bad); background: var(--bad-soft); }

.badge { display: inline-block; padding: 0.08rem 0.6rem; border-radius: 99px; font-size: 0.82rem; font-weight: 560; white-space: nowrap; background: var(--sunken); color: var(--soft); border: 1px solid transparent; }
.badge.quiet { border-color: var(--line); }
.badge.good { background: var(--good-soft); color: var(--good); }
.badge.bad { background: var(--bad-soft); color: var(--bad); }
.badge.wait { background: var(--wait-soft); color: var(--wait); }
.badge.busy { background: var(--busy-soft); color: var(--busy); }
h2 .badge { font-size: 0.95rem; }

button, .button, input, select {
  font: inherit; color: var(--text); background: var(--card); border: 1px solid var(--strong-line); border-radius: 9px;
  padding: 0.36rem 0.75rem; min-height: 2.3rem; max-width: 100%;
}
button, .button { cursor: pointer; font-weight: 540; display: inline-block; text-decoration: none; }
button:hover, .button:hover { background: var(--sunken); border-color: var(--text); }
button.primary { background: var(--accent); color: var(--on-accent); border-color: var(--accent); }
button.primary:hover { background: var(--link); }
button.good { color: var(--good); border-color: var(--good); }
button.bad { color: var(--bad); border-color: var(--bad); }
button.good:hover { background: var(--good-soft); }
button.bad:hover { background: var(--bad-soft); }
button[aria-disabled="true"] { opacity: 0.75; cursor: progress; }
button.small, .small { min-height: 1.75rem; padding: 0.1rem 0.6rem; font-size: 0.84rem; }
button[hidden] { display: none; }
input::placeholder { color: var(--soft); opacity: 1; }
label { font-size: 0.86rem; font-weight: 540; display: block; }
label .hint { font-size: 0.8rem; }
.live { vertical-align: 0.3em; border-color: var(--line); color: var(--soft); }
.live::before { content: ""; display: inline-block; width: 0.55em; height: 0.55em; border-radius: 50%; margin-inline-end: 0.45em; background: transparent; border: 1px solid var(--strong-line); }
.live[aria-pressed="true"]::before { background: var(--good); border-color: var(--good); }

.fields, .filters { display: flex; flex-wrap: wrap; gap: 0.75rem 1rem; align-items: end; margin-block: 0.75rem; }
.filters { margin-block: 1.1rem 0; }
.fields > div > input, .fields > div > select, .filters > div > input, .filters > div > select { width: 100%; margin-block-start: 0.2rem; }
.fields > div, .filters > div { flex: 0 1 11rem; min-width: 8rem; }
.fields > .grow, .filters > .grow { flex: 1 1 18rem; min-width: 0; }
.fields > h3, .fields > .hint { flex-basis: 100%; margin: 0; }
.fields > h3 { border-block-start: 1px solid var(--line); padding-block-start: 1rem; }
.verdict { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-block: 0.5rem; }
.verdict input { flex: 1 1 10rem; min-width: 6rem; }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.89rem; }
th, td { text-align: start; padding: 0.5rem 0.6rem; vertical-align: top; border-block-end: 1px solid var(--line); }
th:first-child, td:first-child { padding-inline-start: 0.25rem; }
thead th { font-size: 0.8rem; font-weight: 560; color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 520; white-space: nowrap; }
tbody tr:last-child > * { border-block-end: 0; }
tbody tr:hover > * { background: var(--sunken); }
td.number { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
time { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.long code { display: block; line-height: 1.8; max-width: 18rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
td:not(.long) { overflow-wrap: break-word; }
.whole { white-space: nowrap; }
.links a { margin-inline-end: 0.6rem; white-space: nowrap; }
.paging { display: flex; gap: 1rem; justify-content: flex-end; min-height: 1.5rem; }

.facts { margin: 0.5rem 0 0; }
.facts > div { display: grid; grid-template-columns: 12rem minmax(0, 1fr); gap: 1rem; padding-block: 0.32rem; border-block-end: 1px solid var(--line); }
.facts > div:last-child { border-block-end: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }

pre { margin: 0; padding: 0.75rem 0.9rem; background: var(--sunken); border: 1px solid var(--line); border-radius: 10px; overflow: auto; max-height: 26rem; tab-size: 2; }
.copyable { position: relative; margin-block: 0.5rem; }
.copyable > button { position: absolute; inset-block-start: 0.4rem; inset-inline-end: 0.4rem; }
.copyable pre { padding-inline-end: 5rem; white-space: pre-wrap; overflow-wrap: anywhere; }

summary { cursor: pointer; }
summary h2 { display: inline; }
.start { padding-block: 0.9rem; }
.steps { margin: 0.25rem 0 0; padding: 0; list-style: none; counter-reset: step; }
.steps > li { counter-increment: step; padding-inline-start: 2.4rem; position: relative; }
.steps > li::before { content: counter(step); position: absolute; inset-inline-start: 0; inset-block-start: -0.1rem; width: 1.6rem; height: 1.6rem; border-radius: 50%; display: grid; place-items: center; background: var(--accent-soft); color: var(--link); font-size: 0.85rem; font-weight: 620; }
.shell { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.25rem 0.75rem; align-items: center; margin-block: 0.6rem; }
.shell h4, .shell pre { grid-column: 1 / -1; }
.shell form { grid-row: 1; grid-column: 2; }
.shell h4 { grid-row: 1; grid-column: 1; }
.decisions { padding-inline-start: 1.2rem; margin-block: 0.5rem; }
.waiting { list-style: none; padding: 0; margin: 0.5rem 0 0; }
.waiting > li { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 27rem); gap: 0.25rem 1.5rem; align-items: center; padding-block: 0.5rem; border-block-start: 1px solid var(--line); }
.waiting p { margin: 0; }
.log { padding-inline-start: 0; list-style: none; margin: 0.5rem 0 0; }
.log > li { padding: 0.45rem 0 0.45rem 2rem; position: relative; overflow-wrap: anywhere; }
.log > li::before { position: absolute; inset-inline-start: 0.2rem; font-weight: 700; }
.log > .good::before { content: "\\2713"; color: var(--good); }
.log > .done::before { content: "\\2713"; color: var(--good); }
.log > .done { color: var(--good); font-weight: 600; }
.log > .bad::before { content: "\\2715"; }
.log > .bad { color: var(--bad); font-weight: 560; }
.log > .empty { padding-inline-start: 0; }

@media (max-width: 48rem) {
  .card { padding: 0.9rem 1rem; border-radius: 12px; }
  .facts > div { grid-template-columns: 1fr; gap: 0; }
  .waiting > li { grid-template-columns: minmax(0, 1fr); }
  .fields > div, .filters > div { flex: 1 1 100%; }
  .steps > li { padding-inline-start: 0; }
  .steps > li > h3 { padding-inline-start: 2.2rem; min-height: 1.6rem; }
  .cards, .cards tbody, .cards tr, .cards th, .cards td { display: block; width: auto; }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards tr { border: 1px solid var(--line); border-radius: 10px; padding: 0.4rem 0.8rem; margin-block: 0.6rem; }
  .cards th, .cards td { border: 0; padding: 0.18rem 0 !important; background: none !important; }
  .cards td { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: 0.5rem; }
  .cards td:empty { display: none; }
  .cards td > .badge { justify-self: start; }
  td.number { text-align: start; }
  .cards td::before { content: attr(data-label); color: var(--soft); }
  td.long code { max-width: none; }
}
@media (min-width: 48.01rem) { td.hash code { max-width: 7rem; } td.policy { white-space: nowrap; } }
@media (min-width: 48.01rem) and (max-width: 90rem) { td.long:not(.hash) code { max-width: 11rem; } }
@media (min-width: 48.01rem) and (max-width: 78rem) { td.hash code { max-width: 5.5rem; } td.long:not(.hash) code { max-width: 8rem; } }
`;
