import { beforeAll, describe, expect, it } from "vitest";
import { useEmulatorProcess } from "../support/emulator-process.js";
import type { RunResult } from "../support/run.js";
import { testWith } from "../support/verifiers.js";
import { PLANS, PROVEN_ELSEWHERE } from "./plans/index.js";
import type { Block } from "./support/markdown.js";
import { DOCUMENTS, readDocument } from "./support/markdown.js";
import type { ReadOnly, SectionPlans, Shell } from "./support/plan.js";
import { isReadOnly } from "./support/plan.js";
import { faultOf } from "./support/syntax.js";
import type { Workplace } from "./support/workplace.js";
import { workplace } from "./support/workplace.js";

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
  if (PROVEN_ELSEWHERE[document] !== undefined) return { readOnly: PROVEN_ELSEWHERE[document] };
  const plans: Readonly<Record<string, readonly AnyPlan[] | undefined>> | undefined = {
    ...PLANS[document]?.[section],
  };
  return plans[language]?.[index];
}

describe("a block of a document", () => {
  it.each(blocks)("is known here: $title", ({ plan }) => {
    expect(plan).toBeDefined();
  });

  it.each(blocks)("is well-formed, and imports what there is: $title", async ({ block }) => {
    expect(await faultOf(block)).toBeUndefined();
  });
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
  beforeAll(() => {
    for (const { path } of documents) places.set(path, workplace(emulator()));
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
