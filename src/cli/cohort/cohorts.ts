/**
 * `whom cohort`: saved cohorts, listed, made, filled and deleted.
 *
 * @module
 */
import { fail } from "../../errors/error.ts";
import type { MemberChange } from "../../registry/cohorts.ts";
import { EXIT, type ExitCode } from "../failure.ts";
import { renderTable } from "../table.ts";
import { note, print, printable, printJson, printLine, type Terminal } from "../terminal.ts";
import type { CohortLine, CohortPlace, NewCohortLine } from "./place.ts";

/** Lists cohorts. */
export async function runCohortList(
  terminal: Terminal,
  place: CohortPlace,
  isJson: boolean,
): Promise<ExitCode> {
  const cohorts = await place.list();
  if (isJson) {
    const rows = cohorts.map(({ id, name, count = null, isList }) => ({
      id,
      name,
      count,
      is_list: isList,
    }));
    await printJson(terminal, rows, 2);
    return EXIT.ok;
  }
  const rows = cohorts.map(({ id, name, count, isList }) => [
    String(id),
    name,
    String(count ?? "unknown"),
    isList ? "list" : "selector",
  ]);
  await print(terminal, renderTable(["id", "name", "members", "kind"], rows));
  return EXIT.ok;
}

/** Saves a cohort, with its members where it is a list. Prints its id. */
export async function runCohortCreate(
  terminal: Terminal,
  place: CohortPlace,
  cohort: NewCohortLine,
  distinctIds: readonly string[] | undefined,
): Promise<ExitCode> {
  const id = await place.create(cohort);
  await printLine(terminal, String(id));
  if (distinctIds !== undefined) await fill(terminal, place, id, "replace", distinctIds);
  return EXIT.ok;
}

/** Changes the members of a cohort that is a list. */
export async function runCohortUpload(
  terminal: Terminal,
  place: CohortPlace,
  wanted: string,
  change: MemberChange,
  distinctIds: readonly string[],
): Promise<ExitCode> {
  const { id } = await findCohort(place, wanted);
  await fill(terminal, place, id, change, distinctIds);
  return EXIT.ok;
}

async function fill(
  terminal: Terminal,
  place: CohortPlace,
  id: number,
  change: MemberChange,
  distinctIds: readonly string[],
): Promise<void> {
  const count = await place.changeMembers(id, change, distinctIds);
  note(terminal, `cohort ${id} has ${count} ${count === 1 ? "member" : "members"}`);
}

/** Deletes a cohort. */
export async function runCohortDelete(
  terminal: Terminal,
  place: CohortPlace,
  wanted: string,
): Promise<ExitCode> {
  const { id, name } = await findCohort(place, wanted);
  await place.delete(id);
  note(terminal, `deleted cohort ${id} ${printable(name)}`);
  return EXIT.ok;
}

/** The cohort somebody means, by id or by name. @throws `cohort.missing` */
async function findCohort(place: CohortPlace, wanted: string): Promise<CohortLine> {
  const cohorts = await place.list();
  const id = /^\d+$/.test(wanted) ? Number(wanted) : undefined;
  const found =
    cohorts.find((cohort) => cohort.id === id) ?? cohorts.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw fail("cohort.missing", { cohortId: JSON.stringify(wanted) });
}
