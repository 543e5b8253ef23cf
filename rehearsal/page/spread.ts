/** A label that wants to stand at a place of its own: its middle and its width, in pixels. */
export interface Label {
  readonly middle: number;
  readonly width: number;
}

/**
 * Moves labels apart until none covers another, each as little as can be, in the order in which they come.
 *
 * @returns the middles
 */
export function spread(
  labels: readonly Label[],
  { from, to }: { readonly from: number; readonly to: number },
): number[] {
  // Neighbours that collide become one block, which stands where its members on average want it.
  const blocks: { start: number; width: number; wishes: number[] }[] = [];
  for (const { middle, width } of labels) {
    let block = { start: middle - width / 2, width, wishes: [middle - width / 2] };
    let last = blocks.at(-1);
    while (last && last.start + last.width > block.start) {
      const shift = last.width;
      const wishes = [...last.wishes, ...block.wishes.map((wish) => wish - shift)];
      const start = wishes.reduce((sum, wish) => sum + wish, 0) / wishes.length;
      block = { start, width: last.width + block.width, wishes };
      blocks.pop();
      last = blocks.at(-1);
    }
    blocks.push(block);
  }
  const middles: number[] = [];
  for (const { start, width, wishes } of blocks) {
    let left = Math.max(from, Math.min(start, to - width));
    for (const _ of wishes) {
      const label = labels[middles.length];
      if (!label) break;
      middles.push(left + label.width / 2);
      left += label.width;
    }
  }
  return middles;
}
