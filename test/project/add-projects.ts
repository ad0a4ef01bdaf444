/**
 * A process of its own that adds projects to a folder: `add-projects.ts <folder> <name> <count>`.
 *
 * @module
 */
import { SYSTEM_CLOCK } from "../../src/clock.ts";
import { ProjectDirectory } from "../../src/project/directory.ts";

const [folder = "", name = "", count = "0"] = process.argv.slice(2);
const directory = await ProjectDirectory.open(folder, SYSTEM_CLOCK);
for (let index = 0; index < Number(count); index += 1) {
  await directory.createProject({ name: `${name} ${index}` });
}
