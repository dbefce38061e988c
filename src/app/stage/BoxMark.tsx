/** The box over the image with the expression as its tag: legible on any picture, light or dark, in any theme. */
import { useMemo } from 'react';
import { Group, Rect, Text } from 'react-konva/lib/ReactKonvaCore';
import { placeTag, type Rect as StageRect } from './fit.ts';
import type { Size } from './hooks.ts';

const COLOUR = '#e5304a';
/** The page's own, which the canvas does not inherit. */
const FONT = getComputedStyle(document.body).fontFamily;
const TAG = { height: 26, padding: 9, font: 13.5, gap: 7, maxShare: 0.7 };

/** The text cut so that it fits, and its width. */
function fitText(text: string, room: number): { text: string; width: number } {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return { text, width: room };
  context.font = `600 ${TAG.font}px ${FONT}`;
  const measure = (of: string): number => context.measureText(of).width;
  let cut = text;
  while (cut.length > 1 && measure(cut === text ? text : `${cut}…`) > room) cut = cut.slice(0, -1).trimEnd();
  const fitted = cut === text ? text : `${cut}…`;
  return { text: fitted, width: measure(fitted) };
}

export function BoxMark({
  box,
  stage,
  text,
  opacity,
}: {
  box: StageRect;
  stage: Size;
  text: string;
  opacity: number;
}) {
  const room = stage.width * TAG.maxShare - 2 * TAG.padding;
  const fitted = useMemo(() => fitText(text, room), [text, room]);
  const tagSize = { width: Math.ceil(fitted.width) + 2 * TAG.padding, height: TAG.height };
  const tag = placeTag(box, tagSize, stage, TAG.gap);
  return (
    <Group opacity={opacity}>
      <Rect {...box} cornerRadius={5} stroke="#fff" strokeWidth={6} opacity={0.92} />
      <Rect {...box} cornerRadius={5} stroke={COLOUR} strokeWidth={3} />
      <Group x={Math.round(tag.x)} y={Math.round(tag.y)}>
        <Rect {...tagSize} cornerRadius={7} fill={COLOUR} stroke="#fff" strokeWidth={1.5} />
        <Text
          {...tagSize}
          text={fitted.text}
          align="center"
          verticalAlign="middle"
          wrap="none"
          fill="#fff"
          fontSize={TAG.font}
          fontStyle="600"
          fontFamily={FONT}
        />
      </Group>
    </Group>
  );
}
