/**
 * The queries of the demo, as a client would send them, and the command that repeats each.
 *
 * @module
 */
import { performance } from "node:perf_hooks";
import { accepted, ask, basicCredentials, isRecord } from "../http-client.ts";
import { shellQuoted } from "../project/projects.ts";
import type { Row } from "../query/profile-source.ts";
import { layOut, tableRows } from "../query/row-format.ts";
import { printLine, styled, type Terminal } from "../terminal.ts";

/** The server of the demo, and who may read and write it. */
export interface DemoLogin {
  readonly url: string;
  readonly projectId: number;
  readonly token: string;
  readonly username: string;
  readonly secret: string;
}

interface DemoQuery {
  readonly title: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
}

const DAY_MS = 86_400_000;
const SHOWN_ROW_COUNT = 5;
const SCREEN_WIDTH = 160;
const PAGE_SIZE = 1000;
const QUERY_PATH = "/api/query/engage";

const AWAY_DAYS = 30;

function queries(nowMs: number): readonly DemoQuery[] {
  const awaySince = new Date(nowMs - AWAY_DAYS * DAY_MS).toISOString().slice(0, 19);
  return [
    {
      title: `Premium customers not seen for ${AWAY_DAYS} days, the most valuable first`,
      parameters: {
        where: `properties["plan"] == "premium" and properties["$last_seen"] < datetime("${awaySince}")`,
        sort_key: 'properties["ltv"]',
        sort_order: "descending",
      },
      columns: ["$name", "ltv", "$last_seen", "$city"],
    },
    {
      title: "Customers who use both reports and the API, and logged in 50 to 100 times",
      parameters: {
        where:
          '"reports" in properties["features"] and "api" in properties["features"] ' +
          'and properties["logins"] >= 50 and properties["logins"] <= 100',
        output_properties: '["$email","features","logins"]',
      },
      columns: ["$email", "features", "logins"],
    },
    {
      title: "Premium customers who bought at least 3 times in 30 days, by how often",
      parameters: {
        where: 'behaviors["bought"] >= 3 and properties["plan"] == "premium"',
        behaviors: JSON.stringify([
          { name: "bought", window: "30d", event_selectors: [{ event: "Purchase" }] },
        ]),
        sort_key: 'behaviors["bought"]',
        sort_order: "descending",
      },
      columns: ["$name", "plan", "ltv", "$city"],
    },
  ];
}

/** What makes a loyal customer, as a saved cohort says it. */
const COHORT = {
  name: "Loyal customers",
  selector: 'behaviors["spent big"] >= 2 and behaviors["looked"] > 0',
  behaviors: [
    {
      name: "spent big",
      window: "90d",
      event_selectors: [{ event: "Purchase", selector: 'event["amount"] > 100' }],
    },
    { name: "looked", window: "14d", event_selectors: [{ event: "Page View" }] },
  ],
};

/** Runs queries by property and behavior, and shows what came back. */
export async function runQueries(terminal: Terminal, login: DemoLogin): Promise<void> {
  for (const [index, query] of queries(Date.now()).entries()) {
    await showQuery(terminal, login, index + 1, query);
  }
}

/** Saves a cohort, unless an earlier demo has, and asks for a part of its members. */
export async function cohortQuery(terminal: Terminal, login: DemoLogin): Promise<void> {
  const id = await cohortId(login);
  await showQuery(terminal, login, 4, {
    title: `"${COHORT.name}", a saved cohort made of behaviors, in the United States`,
    parameters: {
      filter_by_cohort: JSON.stringify({ id }),
      include_all_users: "false",
      where: 'properties["$country_code"] == "US"',
    },
    columns: ["$name", "ltv", "$last_seen", "$city"],
  });
}

async function cohortId({ url, projectId, ...login }: DemoLogin): Promise<number> {
  const path = `/api/app/projects/${projectId}/cohorts`;
  const headers = { authorization: basicCredentials(login.username, login.secret) };
  const { results } = accepted(await ask(url, { method: "GET", path, headers }));
  const known = Array.isArray(results) ? results.filter(isRecord) : [];
  const found = known.find(({ name }) => name === COHORT.name);
  if (found !== undefined) return Number(found["id"]);
  const body = JSON.stringify(COHORT);
  const made = accepted(await ask(url, { method: "POST", path, headers, body }))["results"];
  return Number(isRecord(made) ? made["id"] : Number.NaN);
}

async function showQuery(
  terminal: Terminal,
  login: DemoLogin,
  number: number,
  query: DemoQuery,
): Promise<void> {
  await printHeading(terminal, number, query.title);
  const { answer, ms } = await post(login, query.parameters);
  const rows = rowsOf(answer).slice(0, SHOWN_ROW_COUNT);
  const layout = layOut(rows, query.columns, SCREEN_WIDTH);
  await printLine(terminal, indented(tableRows(rows, layout, true)));
  await printLine(terminal, `  ${answer["total"]} profiles in all, ${ms.toFixed(0)} ms\n`);
  await printLine(terminal, curlLine(login, query.parameters));
}

/** Reads every page of one session while a profile changes so that it would leave the result. */
export async function pagingLoop(terminal: Terminal, login: DemoLogin): Promise<void> {
  await printHeading(
    terminal,
    5,
    "Every customer with a newsletter, page by page, while one leaves it",
  );
  const parameters = { where: 'properties["newsletter"]', page_size: String(PAGE_SIZE) };
  const first = await post(login, parameters);
  const session = String(first.answer["session_id"]);
  const total = Number(first.answer["total"]);
  const seen = new Set(rowsOf(first.answer).map(({ distinctId }) => distinctId));
  const leaving = [...seen].at(-1) ?? "";
  let ms = first.ms;
  let readCount = seen.size;
  await printLine(terminal, `  page 0: ${readCount} profiles`);
  await leaveNewsletter(login, leaving);
  await printLine(terminal, `  written meanwhile: ${leaving} has no newsletter any more`);
  for (let page = 1; page * PAGE_SIZE < total; page++) {
    const more = await post(login, { ...parameters, session_id: session, page: String(page) });
    const rows = rowsOf(more.answer);
    for (const { distinctId } of rows) seen.add(distinctId);
    readCount += rows.length;
    ms += more.ms;
    await printLine(terminal, `  page ${page}: ${rows.length} profiles`);
  }
  const again = await post(login, { ...parameters, page_size: "1" });
  const verdict =
    seen.size === total && readCount === total ? "each exactly once" : "NOT each exactly once";
  await printLine(
    terminal,
    `  ${total} in the session, ${readCount} read, ${verdict}, ${ms.toFixed(0)} ms; ` +
      `a new session has ${again.answer["total"]}\n`,
  );
  await printLine(terminal, curlLine(login, parameters));
}

async function leaveNewsletter({ url, token }: DemoLogin, distinctId: string): Promise<void> {
  const record = { $token: token, $distinct_id: distinctId, $set: { newsletter: false } };
  const body = JSON.stringify([record]);
  accepted(await ask(url, { method: "POST", path: "/engage?verbose=1", body }));
}

async function post(
  login: DemoLogin,
  parameters: Readonly<Record<string, string>>,
): Promise<{ readonly answer: Readonly<Record<string, unknown>>; readonly ms: number }> {
  const startedAtMs = performance.now();
  const reply = await ask(login.url, {
    method: "POST",
    path: `${QUERY_PATH}?project_id=${login.projectId}`,
    headers: { authorization: basicCredentials(login.username, login.secret) },
    body: JSON.stringify(parameters),
  });
  return { answer: accepted(reply), ms: performance.now() - startedAtMs };
}

function rowsOf(answer: Readonly<Record<string, unknown>>): readonly Row[] {
  const results = Array.isArray(answer["results"]) ? answer["results"] : [];
  return results.filter(isRecord).map((result) => ({
    distinctId: String(result["$distinct_id"]),
    propertiesJson: JSON.stringify(result["$properties"]),
  }));
}

function curlLine(login: DemoLogin, parameters: Readonly<Record<string, string>>): string {
  const data = Object.entries(parameters).map(
    ([name, value]) => `--data-urlencode ${shellQuoted(`${name}=${value}`)}`,
  );
  const target = shellQuoted(`${login.url}${QUERY_PATH}?project_id=${login.projectId}`);
  return `  curl -s -u ${shellQuoted(`${login.username}:${login.secret}`)} ${target} ${data.join(" ")}`;
}

async function printHeading(terminal: Terminal, number: number, title: string): Promise<void> {
  await printLine(
    terminal,
    `\n${styled(terminal, terminal.output, "bold", `${number}. ${title}`)}`,
  );
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
