/**
 * Command lines that carry hostile texts, or show what is stored of them.
 *
 * @module
 */

/** Commands that have others below them. */
const GROUPS: ReadonlySet<string> = new Set(["project", "service-account", "cohort"]);
const WITHOUT_FOLDER: ReadonlySet<string> = new Set(["openapi"]);

/** A command line with the data folder in it, and the command's name. */
export function placed(
  line: readonly string[],
  data: string,
): { readonly name: string; readonly commandLine: readonly string[] } {
  const words = GROUPS.has(line[0] ?? "") ? 2 : 1;
  const name = line.slice(0, words).join(" ");
  const place = WITHOUT_FOLDER.has(name) || line.includes("--data") ? [] : ["--data", data];
  return { name, commandLine: [...line.slice(0, words), ...place, ...line.slice(words)] };
}

/** Commands that show or write all that is stored. */
export function storedLines(file: string): readonly (readonly string[])[] {
  return [
    ["query"],
    ["query", "--format", "ndjson"],
    ["query", "--format", "csv"],
    ["query", "--sort", "kept", "--properties", "kept,list"],
    ["export"],
    ["export", "--format", "csv"],
    ["export", "--format", "csv", "--output", file],
    ["export", "--format", "csv", "--gzip", "--output", `${file}.gz`],
    ["events", "--from", "2024-05-01", "--to", "2024-05-10"],
    ["settings"],
    ["settings", "--json"],
    ["openapi"],
    ["compact"],
  ];
}

/** Commands with a text in every argument that takes one; those that must fail, fail in words. */
export function argumentLines(text: string): readonly (readonly string[])[] {
  const literal = JSON.stringify(text);
  const selector = `properties[${literal}] == ${literal}`;
  const named = text.slice(0, 60);
  const main = ["--project", "main"];
  return [
    ["init", "--name", text, "--time-zone", text, "--identity", text, "--account", text],
    ["serve", "--host", text, "--port", text, "--log-level", text],
    ["demo", "--port", text],
    ["settings", "--host", text, "--bearer-tokens", text],
    ["openapi", text],
    [text],
    [`--${text}`],
    ["project", "create", "--", named],
    ["project", "create", "--time-zone", text, "--", `zone ${named}`],
    ["project", "update", "--name", named, "--", text],
    ["project", "add-workspace", "main", `view ${named}`, "--selector", selector],
    ["project", "add-workspace", "--selector", text, "main", "view"],
    ["project", "list", "--json"],
    ["project", "show", "--", text],
    ["project", "show", "--json", "--", named],
    ["service-account", "create", ...main, "--role", text, "--", named],
    ["service-account", "grant", ...main, "--role", "admin", "--", text],
    ["service-account", "list", "--json"],
    ["service-account", "revoke", "--", text],
    ["import", ...main, "--", text],
    [
      "import",
      ...main,
      "--format",
      text,
      "--id-column",
      text,
      "--delimiter",
      text,
      "--text-columns",
      text,
      text,
    ],
    ["query", ...main, "--", text],
    ["query", ...main, "--properties", text, "--sort", text, "--", selector],
    ["query", "--project", text, "--group", text || "g", "--count", "--format", text],
    [
      "query",
      ...main,
      "--group",
      text || "g",
      "--as-of",
      text,
      "--behaviors",
      text,
      "--cohort",
      text,
    ],
    ["query", "--server", text, "--username", text, "--secret", text, ...main],
    ["query", ...main, "--cohort", text],
    [
      "export",
      ...main,
      "--where",
      selector,
      "--format",
      "csv",
      "--properties",
      text,
      "--sort",
      text,
    ],
    ["export", ...main, "--where", text, "--format", text],
    ["events", ...main, "--event", text, "--where", `event[${literal}] == ${literal}`],
    ["events", ...main, "--from", text, "--to", text],
    ["explain", ...main, "--", `${selector} or ${literal} in properties["text"]`],
    ["explain", ...main, "--distinct-id", text, "--json", "--", selector],
    ["explain", ...main, "--", text],
    ["cohort", "create", ...main, "--selector", selector, "--", named],
    ["cohort", "create", ...main, "--selector", text, "--file", text, "--", named],
    ["cohort", "upload", ...main, "--mode", text, "--", named, text],
    ["cohort", "list", ...main, "--json"],
    ["cohort", "list", ...main],
    ["cohort", "delete", ...main, "--", named],
    ["cohort", "delete", ...main, "--", text],
    ["erase", ...main, "--distinct-id", `${text}-other`, "--json"],
    ["erase", ...main, "--file", text],
    ["compact", "--data", text || "missing"],
    ["backup", "--verify", "--json", "--", text],
    ["restore", "--json", "--", text],
  ];
}
