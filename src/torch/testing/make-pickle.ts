/** Pickles written by hand, as strings whose characters are bytes, for what Python would never write. */

export const int = (value: number | bigint) => `I${value}\n`;
export const text = (value: string) => `S'${value}'\n`;
export const tuple = (...items: string[]) => `(${items.join('')}t`;
export const list = (...items: string[]) => `(${items.join('')}l`;
export const dict = (...entries: string[]) => `(${entries.join('')}d`;
export const global = (module: string, name: string) => `c${module}\n${name}\n`;
export const call = (module: string, name: string, ...args: string[]) =>
  `${global(module, name)}${tuple(...args)}R`;
export const done = (value: string) => `${value}.`;

export interface StorageText {
  readonly storageClass?: string;
  readonly key?: string;
  /** Elements, as the pickle says. */
  readonly count: number;
}

/** A reference to a storage. */
export function storage({ storageClass = 'FloatStorage', key = '0', count }: StorageText): string {
  return `${tuple(text('storage'), global('torch', storageClass), text(key), text('cpu'), int(count))}Q`;
}

/** A tensor over a storage. */
export function tensor(on: StorageText, offset: number, shape: number[], strides: number[]): string {
  const layout = [int(offset), tuple(...shape.map(int)), tuple(...strides.map(int))];
  return call('torch._utils', '_rebuild_tensor_v2', storage(on), ...layout, int(0), 'N');
}
