/**
 * What this reader is willing to take from a file it does not trust. Every limit is far above what
 * real checkpoints and split files need and low enough that a hostile file can't exhaust the machine.
 */

const MiB = 2 ** 20;

/** Central directory of the zip. A large checkpoint has about 3,000 entries of about 100 bytes. */
export const MAX_DIRECTORY_BYTES = 64 * MiB;

/** One pickle. The biggest split file known (all training sets mixed) is some 300 MB; it is read whole. */
export const MAX_PICKLE_BYTES = 512 * MiB;

/** Steps of one pickle; each makes at most one value. A large checkpoint takes about 100,000. */
export const MAX_PICKLE_OPS = 2 ** 27;

/** Values a pickle may remember for reuse. A JavaScript engine holds arrays of this size densely. */
export const MAX_MEMO = 2 ** 24;

/** One string or byte string. V8 ends at 512 Mi characters; numpy arrays are stored as strings. */
export const MAX_STRING_BYTES = 128 * MiB;

/**
 * One big integer, or any number written as text: turning digits into a BigInt is not linear.
 * PyTorch's magic number has 10 bytes.
 */
export const MAX_INTEGER_BYTES = 1024;

/** Entries of one dict or set: V8's own limit, where it throws a bare RangeError. */
export const MAX_DICT_ENTRIES = 2 ** 24 - 1;

/** Containers within containers. Python's pickler recurses and stops at about 1,000 itself. */
export const MAX_DEPTH = 1000;

/**
 * Values seen by someone who walks the whole result and follows every reference. Without this limit
 * fifty lists, each holding the previous one twice, would unfold to 2^50.
 */
export const MAX_UNFOLDED_VALUES = 2 ** 28;

/**
 * Values handed to calls and states, for each byte of pickle. An honest pickle hands every value over
 * once or twice; a hostile one could turn one long list into sets ten thousand times over.
 */
export const MAX_COPIES_PER_BYTE = 16;

/** Dimensions of a tensor: PyTorch's and numpy's own limit. */
export const MAX_RANK = 64;

/** Bytes of one tensor once read: what every engine can still allocate in one typed array. */
export const MAX_TENSOR_BYTES = 2 ** 31;

/** Storages of a legacy stream, whose places are found one after another. */
export const MAX_LEGACY_STORAGES = 2 ** 20;
