/**
 * The options that say which profiles a command is about, and in what order.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { count, instant, json, names, type ProfileOptions } from "../options.ts";
import type { ReadRequest } from "./profile-source.ts";

/** What the options come to. */
export interface SelectionOptions extends ProfileOptions {
  readonly properties?: readonly string[];
  readonly sort?: string;
  readonly desc?: true;
  readonly limit?: number;
  readonly behaviors?: unknown;
  readonly asOf?: number;
  readonly cohort?: number;
  readonly includeAllUsers?: true;
}

/** Adds `--properties`, `--sort`, `--desc` and `--limit`. */
export function withOrder(command: Command): Command {
  return command
    .option("--properties <names>", "only these properties, with commas between", names)
    .option("--sort <expression>", "order by a property or an expression")
    .option("--desc", "largest first")
    .option("--limit <count>", "at most so many profiles", count);
}

/** Adds `--behaviors`, `--as-of`, `--cohort` and `--include-all-users`. */
export function withFilters(command: Command): Command {
  return command
    .addOption(behaviorsOption())
    .addOption(asOfOption())
    .option("--cohort <id>", "only members of this saved cohort", count)
    .option("--include-all-users", "with --cohort, members without a profile as well");
}

/** `--behaviors`. */
export function behaviorsOption(): Option {
  const description = 'what behaviors["name"] counts, a JSON list as the API has it';
  return new Option("--behaviors <json>", description).argParser(json);
}

/** `--as-of`. */
export function asOfOption(): Option {
  const description = "the query's time: epoch seconds, or a date and time in UTC; now without it";
  return new Option("--as-of <time>", description).argParser(instant);
}

/** The request that a selector and the options make. */
export function readRequest(selector: string | undefined, options: SelectionOptions): ReadRequest {
  return {
    selector: selector ?? "",
    groupKey: options.group,
    sort: options.sort,
    descending: options.desc === true,
    limit: options.limit,
    asOfSeconds: options.asOf,
    behaviors: options.behaviors,
    cohortId: options.cohort,
    includesStrangers: options.includeAllUsers === true,
    properties: options.properties,
  };
}
