/** The opcodes that stand for a value by themselves: constants, numbers, text and bytes. */

import { Op } from './opcodes.ts';
import type { PickleBytes } from './pickle-bytes.ts';
import { textFloat, textInt, textLong, textString, textUnicode } from './pickle-text.ts';
import type { TorchValue } from './values.ts';

/** The value of a literal opcode, its argument taken from `input`; undefined for any other opcode. */
export function readLiteral(op: number, input: PickleBytes): TorchValue | undefined {
  switch (op) {
    case Op.NONE:
      return null;
    case Op.NEWTRUE:
      return true;
    case Op.NEWFALSE:
      return false;
    case Op.BININT:
      return input.int32();
    case Op.BININT1:
      return input.uint8();
    case Op.BININT2:
      return input.uint16();
    case Op.LONG1:
      return input.integer(input.uint8());
    case Op.LONG4:
      return input.integer(input.uint32());
    case Op.BINFLOAT:
      return input.float64();
    case Op.INT:
      return textInt(input.line());
    case Op.LONG:
      return textLong(input.line());
    case Op.FLOAT:
      return textFloat(input.line());

    case Op.SHORT_BINUNICODE:
      return input.utf8(input.uint8());
    case Op.BINUNICODE:
      return input.utf8(input.uint32());
    case Op.BINUNICODE8:
      return input.utf8(input.uint64());
    case Op.SHORT_BINBYTES:
      return input.bytes(input.uint8());
    case Op.BINBYTES:
      return input.bytes(input.uint32());
    case Op.BINBYTES8:
    case Op.BYTEARRAY8:
      return input.bytes(input.uint64());
    case Op.SHORT_BINSTRING:
      return input.byteString(input.uint8());
    case Op.BINSTRING:
      return input.byteString(input.uint32());
    case Op.STRING:
      return textString(input.line());
    case Op.UNICODE:
      return textUnicode(input.line());
    default:
      return undefined;
  }
}
