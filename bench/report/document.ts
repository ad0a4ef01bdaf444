/**
 * Blocks of a Markdown document that are written from results: what stands between two markers.
 *
 * @module
 */

const BLOCK = /<!-- figures: (.+?) -->\n[\s\S]*?<!-- \/figures -->/g;

/**
 * Fills the blocks that there is something for. Others stay as they are.
 *
 * @param find what stands in a block, by its name
 * @returns the document, and the names of the blocks that stayed
 */
export function fillDocument(
  document: string,
  find: (name: string) => string | undefined,
): { readonly text: string; readonly left: readonly string[] } {
  const left: string[] = [];
  const text = document.replace(BLOCK, (whole, name: string) => {
    const block = find(name);
    if (block !== undefined) return `<!-- figures: ${name} -->\n\n${block}\n\n<!-- /figures -->`;
    left.push(name);
    return whole;
  });
  return { text, left };
}
