import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { useEmulatorProcess } from "../support/emulator-process.js";
import type { RunResult } from "../support/run.js";
import { testWith } from "../support/verifiers.js";
import { PLANS, PROVEN_ELSEWHERE } from "./plans/index.js";
import type { Block } from "./support/markdown.js";
import { DOCUMENTS, REFERENCE, ROOT, readDocument } from "./support/markdown.js";
import type { ReadOnly, SectionPlans, Shell } from "./support/plan.js";
import { isReadOnly } from "./support/plan.js";
import type { Exports } from "./support/syntax.js";
import { exportsOf, faultOf, importsOf } from "./support/syntax.js";
import type { Workplace } from "./support/workplace.js";
import { makeMaterials, workplace } from "./support/workplace.js";

const documents = DOCUMENTS.map(readDocument);

/** Each block with its place among those of its language in its section. */
const blocks = documents.flatMap(({ path, blocks }) =>
  blocks.map((block, position) => {
    const before = blocks.slice(0, position);
    const index = before.filter((each) => each.section === block.section && each.language === block.language);
    const title = `${path}, ${block.section}, ${block.language} ${index.length + 1}`;
    return { block, title, plan: planOf(block, index.length) };
  }),
);

type AnyPlan = NonNullable<SectionPlans[keyof SectionPlans]>[number];

function planOf({ document, section, language }: Block, index: number): AnyPlan | undefined {
  const elsewhere = PROVEN_ELSEWHERE[document];
  if (elsewhere !== undefined) return { readOnly: `${elsewhere} runs it` };
  const plans: Readonly<Record<string, readonly AnyPlan[] | undefined>> | undefined = {
    ...PLANS[document]?.[section],
  };
  return plans[language]?.[index];
}

/** Those of the docstrings are read, not run; the signatures are no programs. */
const examples = REFERENCE.map(readDocument).flatMap(({ path, blocks }) =>
  blocks
    .filter((block) => !isSignature(block))
    .map((block) => ({ block, title: `${path}, line ${block.line}` })),
);

/** In the reference: what stands below the name of something, and how an object is called. */
function isSignature({ isFirst, source }: Block): boolean {
  return isFirst || /^[A-Z]\w*\(.*\): .*;\n$/.test(source);
}

describe("a block of a document", () => {
  let exports: Exports = {};
  beforeAll(async () => {
    const modules = [...blocks, ...examples].flatMap(({ block }) =>
      /^[jt]s$/.test(block.language) ? [...importsOf(block).keys()] : [],
    );
    exports = await exportsOf([...new Set(modules)]);
  });

  it.each(blocks)("is known here: $title", ({ plan }) => {
    expect(plan).toBeDefined();
  });

  it.each(blocks)("is well-formed, and imports what there is: $title", async ({ block }) => {
    expect(await faultOf(block, exports)).toBeUndefined();
  });

  it.each(REFERENCE)("the examples in %s are well-formed, and import what there is", async (path) => {
    for (const { block } of examples.filter(({ block }) => block.document === path))
      expect([block.line, await faultOf(block, exports)]).toEqual([block.line, undefined]);
  });
});

it.each(Object.entries(PROVEN_ELSEWHERE))("%s has tests of its own in %s", (document, tests) => {
  if (DOCUMENTS.includes(document)) expect(existsSync(join(ROOT, tests))).toBe(true);
});

it("nothing is known here that no document has", () => {
  const count = (plans: SectionPlans): number => Object.values(plans).flat().length;
  const left = Object.entries(PLANS).flatMap(([document, sections]) =>
    Object.entries(sections).flatMap(([section, plans]) => {
      const there = blocks.filter(({ block }) => block.document === document && block.section === section);
      return there.length === count(plans) ? [] : [`${document}, ${section}`];
    }),
  );
  expect(left).toEqual([]);
});

describe("a block of a document does what it says", () => {
  const emulator = useEmulatorProcess();
  const places = new Map<string, Workplace>();
  beforeAll(async () => {
    const materials = await makeMaterials();
    for (const { path } of documents) places.set(path, workplace(emulator(), materials));
  });
  const placeOf = ({ document }: Block): Workplace => {
    const place = places.get(document);
    if (place === undefined) throw new Error(`${document} has no workplace`);
    return place;
  };

  for (const { block, title, plan } of blocks) {
    if (plan === undefined || isReadOnly(plan)) continue;
    if (typeof plan === "function") it(title, () => plan(JSON.parse(block.source)));
    else if (isPrograms(plan)) {
      for (const [number, program] of plan.entries()) {
        const name = program.line === undefined ? title : `${title}, line ${number + 1}`;
        it(name, async () => expectSuccess(await placeOf(block).program(block.source, program)));
      }
    } else {
      testWith(plan.needs ?? [], title, async () =>
        expectSuccess(await placeOf(block).shell(block.source, plan)),
      );
    }
  }
});

function isPrograms(
  plan: Exclude<AnyPlan, ReadOnly | ((value: unknown) => void)>,
): plan is Exclude<typeof plan, Shell> {
  return Array.isArray(plan);
}

function expectSuccess({ status, stdout, stderr }: RunResult): void {
  if (status !== 0) throw new Error(`status ${status}\n${stdout}\n${stderr}`);
}
