import { describe, expect, it } from 'vitest';
import { parseElf } from '../../../src/facts/mount/elf.ts';

describe('an ELF file', () => {
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['only its magic', Buffer.from('\u007fELF\u0002\u0001')],
    [
      'tables that lie outside',
      Buffer.concat([Buffer.from('\u007fELF\u0002\u0001'), Buffer.alloc(100, 0xff)]),
    ],
    ['text', Buffer.from('#!/bin/sh\n')],
  ])('that is %s is not one', (_, bytes) => {
    expect(parseElf(bytes)).toBeNull();
  });
});
