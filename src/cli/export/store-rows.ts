/**
 * An export of an opened data folder.
 *
 * @module
 */
import { documentForm, headerOf } from "../../http/export/form.ts";
import type { Project } from "../../project/project.ts";
import { plan } from "../../query/plan.ts";
import { ascendingKeys } from "../../store/key-order.ts";
import type { Store } from "../../store/store.ts";
import { planContext, queryRequest } from "../query/profile-source.ts";
import type { ExportPart } from "./rows.ts";
import type { ExportRequest } from "./server-rows.ts";

/** The parts of an export. */
export async function* storeRows(
  store: Store,
  project: Project,
  request: ExportRequest,
): AsyncGenerator<ExportPart> {
  const query = plan(queryRequest(request), await planContext(store, project));
  const { scope, includesStrangers } = query;
  const selected = await store.select(query);
  const keys = query.sort === undefined ? await ascendingKeys(selected) : selected;
  const form = await documentForm(
    store,
    { ...request, outputProperties: request.properties },
    query,
  );
  const total = keys.length;
  const header = headerOf(form);
  if (header !== "") yield { bytes: Buffer.from(header), rowCount: 0, total };
  for await (const part of store.documents({ scope, keys, includesStrangers, form })) {
    yield { ...part, total };
  }
}
