import { expect, it } from 'vitest';
import { pairCost } from './cost.ts';
import { BASE } from './testing/base-config.ts';

it("puts base a little below the 64.6 GFLOP of PyTorch's own export, which saves nothing in its last layer", () => {
  const { text, patches, image } = pairCost(BASE);
  expect(text + patches + image).toBeGreaterThan(0.9 * 64.6e9);
  expect(text + patches + image).toBeLessThan(64.6e9);
});

it('counts the twelve vision layers by their formula', () => {
  const fewer = { ...BASE, vision: { ...BASE.vision, layers: 6 } };
  const layer = 2 * (197 * (4 * 768 ** 2 + 2 * 768 * 3072) + 2 * 197 ** 2 * 768);
  expect(pairCost(BASE).image - pairCost(fewer).image).toBe(6 * layer);
  expect(pairCost(BASE).text).toBe(pairCost(fewer).text);
});

it('puts all that stands before the first words on the patches, in the whole network no more and no less', () => {
  const embedding = 2 * 196 * 768 * 768;
  const layer = 2 * (197 * (4 * 768 ** 2 + 2 * 768 * 3072) + 2 * 197 ** 2 * 768);
  const attention = 2 * (197 * 4 * 768 ** 2 + 2 * 197 ** 2 * 768);
  expect(pairCost(BASE).patches).toBe(embedding + attention);
  const later = pairCost({ ...BASE, bridgedLayers: [6, 8, 10, 11] });
  expect(later.patches).toBe(embedding + 6 * layer + attention);
  expect(later.patches + later.image).toBe(pairCost(BASE).patches + pairCost(BASE).image);
  const never = pairCost({ ...BASE, bridgedLayers: [] });
  expect(never.patches).toBe(embedding + 12 * layer);
});

it('puts the bridges on both sides: memories on the text, reading on the image', () => {
  const without = pairCost({ ...BASE, bridgedLayers: [] });
  const words = 2 * 4 * 77 * (512 * 768 + 2 * 768 * 768);
  expect(pairCost(BASE).text - without.text).toBe(words);
  const reading = 2 * 4 * (197 * (768 ** 2 + 2 * 768 * 3072) + 2 * 197 * 77 * 768);
  const pictures = ({ patches, image }: ReturnType<typeof pairCost>) => patches + image;
  expect(pictures(pairCost(BASE)) - pictures(without)).toBe(reading);
});
