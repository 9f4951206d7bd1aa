import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { mostSimilar } from "../../base/similar.js";

/** Has each option and argument with fixed choices say which one was probably meant. */
export function suggestChoices({ options, registeredArguments }: Command): void {
  for (const place of options) {
    const parse = place.argChoices && suggesting(place.parseArg?.bind(place), place.argChoices);
    if (parse !== undefined) place.argParser(parse);
  }
  for (const place of registeredArguments) {
    const parse = place.argChoices && suggesting(place.parseArg?.bind(place), place.argChoices);
    if (parse !== undefined) place.argParser(parse);
  }
}

type Parse = (value: string, previous: unknown) => unknown;

function suggesting(parse: Parse | undefined, choices: readonly string[]): Parse | undefined {
  if (parse === undefined) return undefined;
  return (value, previous) => {
    try {
      return parse(value, previous);
    } catch (error) {
      const meant = error instanceof InvalidArgumentError ? mostSimilar(value, choices) : undefined;
      if (meant === undefined || !(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(`${error.message}\n(Did you mean ${meant}?)`);
    }
  };
}
