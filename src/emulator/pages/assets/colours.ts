const LIGHT = `
  --page: #f5f6fa; --card: #ffffff; --sunken: #f1f3f8; --line: #d9dde8; --strong-line: #7d8599;
  --text: #1b2030; --soft: #545c70; --link: #2f49b8; --accent: #3650c9; --on-accent: #ffffff; --accent-soft: #e9edff;
  --good: #17663a; --good-soft: #e2f4e9; --bad: #a3201d; --bad-soft: #fdeaea;
  --wait: #7a4b00; --wait-soft: #fdf1d8; --busy: #27519c; --busy-soft: #e5effd;
  --shadow: 0 1px 2px rgb(20 28 60 / 6%), 0 4px 16px rgb(20 28 60 / 5%);`;
const DARK = `
  --page: #10131b; --card: #191d28; --sunken: #131721; --line: #2d3444; --strong-line: #737d95;
  --text: #e8ebf4; --soft: #a5aec3; --link: #a5b6ff; --accent: #a5b6ff; --on-accent: #121a3d; --accent-soft: #252e52;
  --good: #7fdca4; --good-soft: #14311f; --bad: #ff9d98; --bad-soft: #3c1a1c;
  --wait: #f3c46b; --wait-soft: #372a10; --busy: #9cc2ff; --busy-soft: #182b4a;
  --shadow: none;`;

/** What has which colour: every pair of text and ground has a contrast of at least 4.5 to 1. */
export const COLOURS: string = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
:root[data-theme="light"] { color-scheme: light; ${LIGHT} }
:root[data-theme="dark"] { color-scheme: dark; ${DARK} }
`;
